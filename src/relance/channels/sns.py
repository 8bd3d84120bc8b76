"""Amazon SNS: who signed a call, and for which topic.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html

The certificate is fetched from Amazon's own hosts only, and so is the address that confirms a subscription: both stand
in the call, and whoever sends it would otherwise have us call whatever they like.
"""

from __future__ import annotations

import re
from base64 import b64decode
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509 import load_pem_x509_certificate

from relance.channels.events import Call, Json, fresh, instant_of, parsed, refuse, same

HOST: Final = r"https://sns\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?"
CERTIFICATE: Final = re.compile(HOST + r"/SimpleNotificationService-[a-f0-9]+\.pem")
CONFIRMATION: Final = re.compile(HOST + r"/\?[A-Za-z0-9=&%:_.-]{1,2000}")
IN_NOTIFICATION: Final = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
LATEST: Final = timedelta(hours=2)
IN_SUBSCRIPTION: Final = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")


@dataclass(frozen=True)
class Notification:
    """What a topic told."""

    message_id: str
    message: str


def notification(call: Call, topic: str) -> Notification | None:
    """What a call says; None for one that is about the subscription itself. Raises BadSignature."""
    said = _verified(call, topic)
    if said.get("Type") != "Notification":
        return None
    return Notification(str(said["MessageId"]), str(said["Message"]))


def confirmation(call: Call, topic: str) -> str | None:
    """The address that confirms the subscription that a call asks for, on Amazon's hosts. Raises BadSignature."""
    said = _verified(call, topic)
    if said.get("Type") != "SubscriptionConfirmation":
        return None
    url = str(said.get("SubscribeURL", ""))
    if not CONFIRMATION.fullmatch(url):
        raise refuse()
    return url


def _verified(call: Call, topic: str) -> Json:
    said = parsed(call.raw)
    if not isinstance(said, dict) or not topic or not same(str(said.get("TopicArn", "")), topic):
        raise refuse()
    where = str(said.get("SigningCertURL", ""))
    algorithm = {"1": hashes.SHA1(), "2": hashes.SHA256()}.get(str(said.get("SignatureVersion", "")))  # noqa: S303
    if not CERTIFICATE.fullmatch(where) or algorithm is None:
        raise refuse()
    try:
        public = load_pem_x509_certificate(call.certificate(where)).public_key()
        if not isinstance(public, rsa.RSAPublicKey):
            raise refuse()
        public.verify(
            b64decode(str(said.get("Signature", "")), validate=True), _signed(said), padding.PKCS1v15(), algorithm
        )
    except (ValueError, InvalidSignature):
        raise refuse() from None
    # SNS tries again for an hour with the time of the first try:
    # https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
    fresh(instant_of(said.get("Timestamp"), call.now).timestamp(), call.now, LATEST)
    return said


def _signed(said: Json) -> bytes:
    names = IN_NOTIFICATION if said.get("Type") == "Notification" else IN_SUBSCRIPTION
    return "".join(f"{name}\n{said[name]}\n" for name in names if name in said).encode()
