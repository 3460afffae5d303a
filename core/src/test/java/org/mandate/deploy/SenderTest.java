package org.mandate.deploy;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import org.junit.jupiter.api.Test;
import org.mandate.signer.PrivateKeySigner;
import org.mandate.testing.Anvil;
import org.web3j.protocol.Web3j;
import org.web3j.protocol.http.HttpService;

class SenderTest {
  @Test
  void L12_shouldNameTheAccountThatNeedsCoinsAndHowMuch() {
    var poor = new PrivateKeySigner(BigInteger.valueOf(4711));
    try (var anvil = Anvil.start(31337)) {
      var web3j = Web3j.build(new HttpService(anvil.url().toString()));
      var sender = new Sender(web3j, poor);
      for (var value : new BigInteger[] {BigInteger.ZERO, BigInteger.TEN.pow(18)}) {
        var call = new Call("pay", Anvil.RICH.address().hex(), value, "0x");
        var refused = assertThrows(DeploymentException.class, () -> sender.send(call));
        var words = refused.getMessage();
        assertTrue(words.contains(poor.address().checksummed()), words);
        assertTrue(words.contains("0 wei, about "), words);
        assertTrue(words.contains("send it coins"), words);
      }
      web3j.shutdown();
    }
  }
}
