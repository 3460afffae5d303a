"""moto's server, whose KMS signs the digest it is given when MessageType is DIGEST, as AWS documents the action Sign.

moto 5.2 hashes whatever it is given once more. The rest is moto's: keys, users, policies, the check of each request's signature.
"""

import threading

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from moto.kms import utils
from moto.kms.responses import KmsResponse
from moto.server import main

request = threading.local()
answer = KmsResponse.sign
sign = utils.ECDSAPrivateKey.sign


def sign_action(self):
    request.digest = self._get_param("MessageType") == "DIGEST"
    return answer(self)


def sign_with_key(self, message, signing_algorithm):
    if not request.digest:
        return sign(self, message, signing_algorithm)
    utils.validate_signing_algorithm(signing_algorithm, self.valid_signing_algorithms)
    return self.private_key.sign(message, ec.ECDSA(Prehashed(hashes.SHA256())))


KmsResponse.sign = sign_action
utils.ECDSAPrivateKey.sign = sign_with_key
main()
