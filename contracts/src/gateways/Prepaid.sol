// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title What a message costs beyond the gas of the call
interface IPriced {
    /// @notice Wei that {IERC7786GatewaySource-sendMessage} of this asks for now.
    function price(bytes calldata recipient, bytes calldata payload) external view returns (uint256);
}

/// @title Fees paid in advance, so that a contract that sends no value can send messages
/// @notice Each sender has a balance of its own, in wei, that only messages which it sends itself are paid from.
abstract contract Prepaid is IPriced {
    /// @notice What the sender's messages may still cost, wei.
    mapping(address sender => uint256) public prepaid;

    event Deposited(address indexed sender, uint256 amount, address indexed by);
    event Withdrawn(address indexed sender, uint256 amount, address indexed to);

    error GatewayFee(uint256 price, uint256 prepaid);
    error GatewayNotPaid(address to, uint256 amount);

    /// @notice Pays in advance for the messages of `sender`. A gift: only `sender` can take it back.
    function prepay(address sender) external payable {
        _deposit(sender);
    }

    /// @notice The caller takes back what it has left.
    function withdraw(uint256 amount, address payable to) external {
        _take(amount);
        emit Withdrawn(msg.sender, amount, to);
        (bool paid,) = to.call{value: amount}("");
        require(paid, GatewayNotPaid(to, amount));
    }

    /// @dev Takes the fee from what the caller sends now and has sent before; what is too much stays the caller's.
    function _charge(uint256 amount) internal {
        if (msg.value > 0) _deposit(msg.sender);
        if (amount > 0) _take(amount);
    }

    function _deposit(address sender) private {
        prepaid[sender] += msg.value;
        emit Deposited(sender, msg.value, msg.sender);
    }

    function _take(uint256 amount) private {
        uint256 left = prepaid[msg.sender];
        require(amount <= left, GatewayFee(amount, left));
        prepaid[msg.sender] = left - amount;
    }
}
