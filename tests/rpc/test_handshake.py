from __future__ import annotations

import pytest

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.rpc import handshake

KEY = b"shared"


def shake(kernel_key: bytes, server_key: bytes) -> None:
    kernel_nonce, server_nonce = handshake.new_nonce(), handshake.new_nonce()
    answer = handshake.answer(server_key, handshake.challenge(kernel_nonce), server_nonce)
    proof = handshake.confirm(kernel_key, answer, kernel_nonce)
    handshake.verify(server_key, proof, kernel_nonce, server_nonce)


def test_two_holders_of_the_key_agree():
    shake(KEY, KEY)


def test_another_key_is_refused():
    with pytest.raises(InvalidRequest):
        shake(KEY, b"other")


def test_a_kernel_without_the_key_is_refused():
    kernel_nonce, server_nonce = handshake.new_nonce(), handshake.new_nonce()

    with pytest.raises(InvalidRequest):
        handshake.verify(KEY, {"proof": "0" * 64}, kernel_nonce, server_nonce)


def test_a_proof_can_not_be_mirrored():
    kernel_nonce, server_nonce = handshake.new_nonce(), handshake.new_nonce()
    own = handshake.answer(KEY, handshake.challenge(kernel_nonce), server_nonce)

    with pytest.raises(InvalidRequest):
        handshake.verify(KEY, own, kernel_nonce, server_nonce)


def test_a_proof_can_not_be_replayed():
    answer = handshake.answer(KEY, handshake.challenge(handshake.new_nonce()), handshake.new_nonce())

    with pytest.raises(InvalidRequest):
        handshake.confirm(KEY, answer, handshake.new_nonce())


@pytest.mark.parametrize("message", [{}, {"nonce": 3}, {"nonce": "short"}, {"nonce": "0" * 64, "proof": None}])
def test_what_is_no_handshake_message_is_refused(message):
    with pytest.raises(InvalidRequest):
        handshake.confirm(KEY, message, handshake.new_nonce())
