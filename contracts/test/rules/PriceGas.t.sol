// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAggregatorV3} from "../../src/rules/IAggregatorV3.sol";
import {PriceFeeds} from "../../src/rules/PriceFeeds.sol";
import {Governed} from "../lib/Governed.sol";
import {Aggregator, FeedProxy} from "./Feeds.sol";

/// @notice What {PriceFeeds-usd} costs its caller, the call itself included, with nothing warm.
contract Asker {
    function cost(PriceFeeds prices, address asset) external view returns (uint256 gas_) {
        gas_ = gasleft();
        (bool ok, uint256 value) = prices.usd(block.chainid, asset, 1.5 ether);
        gas_ -= gasleft();
        require(ok && value == 3_000e8, "no price");
    }

    /// @dev Of a feed alone, which is none of our doing.
    function costOf(address feed) external view returns (uint256 gas_) {
        bytes memory question = abi.encodeCall(IAggregatorV3.latestRoundData, ());
        gas_ = gasleft();
        (bool ok,) = feed.staticcall(question);
        gas_ -= gasleft();
        require(ok, "no answer");
    }
}

/// @notice Meaningful in isolation only (forge test --isolate), where each call of the test is a whole transaction.
contract PriceGasTest is Governed {
    PriceFeeds private _prices;
    Asker private _asker;
    Aggregator private _aggregator;

    function setUp() public {
        govern();
        _prices = new PriceFeeds(address(authority));
        _asker = new Asker();
        _aggregator = new Aggregator(8);
        // Rounds before the newest: its slot is not the first.
        for (uint256 i; i < 3; ++i) {
            _aggregator.report(2_000e8, uint32(START - 30), uint32(START - 20));
        }
    }

    function _price(address asset, address feed, bool checksSequencer) private {
        vm.prank(GOVERNANCE);
        _prices.setFeed(block.chainid, asset, PriceFeeds.Feed(feed, 1 hours, 100, 10_000, 8, 18, 8, checksSequencer), 0);
    }

    function _sequencer() private returns (Aggregator uptime) {
        uptime = new Aggregator(0);
        uptime.report(0, uint32(START - 1 days), uint32(START - 1 days));
    }

    function _snapshot(string memory name, address asset) private returns (uint256 cost) {
        cost = _asker.cost(_prices, asset);
        vm.snapshotValue("rules", name, cost);
    }

    function test_snapshot_usd() public {
        _price(address(0), address(_aggregator), false);
        assertLe(_snapshot("usd, feed", address(0)), 15_000, "gas");
    }

    function test_snapshot_usdBehindAProxy() public {
        _price(address(0), address(new FeedProxy(_aggregator)), false);
        uint256 cost = _snapshot("usd, feed behind a proxy", address(0));
        assertLe(cost - _asker.costOf(_prices.feedOf(block.chainid, address(0)).feed), 15_000, "gas besides the feed's");
    }

    function test_snapshot_usdOnARollup() public {
        Aggregator uptime = _sequencer();
        vm.prank(GOVERNANCE);
        _prices.setSequencer(PriceFeeds.Sequencer(address(uptime), 1 hours), 0);
        _price(address(0), address(_aggregator), true);
        uint256 cost = _snapshot("usd, feed and sequencer", address(0));
        uint256 theirs = _asker.costOf(address(_aggregator)) + _asker.costOf(address(uptime));
        vm.snapshotValue("rules", "usd, feed and sequencer, besides what these use", cost - theirs);
        assertLe(cost - theirs, 15_000, "gas besides the feeds'");
    }
}
