"""The providers that a shop can choose, by channel and name: each stands in a file of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from relance.channels import brevo, mailgun, ovh, postmark, push, resend, sendgrid, ses, twilio, webhook
from relance.channels.events import Call, ProviderEvent, Secrets, refuse
from relance.channels.protocol import Provider, ProviderKind
from relance.errors import BadSetting

Values = Mapping[str, str]
Maker = Callable[[Values], Provider]
Reader = Callable[[Call, Secrets], tuple[ProviderEvent, ...]]


def _checked(name: str, maker: Maker) -> Maker:
    """The maker, telling what is missing or wrong as the merchant can put it right."""

    def make(values: Values) -> Provider:
        try:
            return maker(values)
        except KeyError as error:
            raise BadSetting("channels.missing_setting", provider=name, name=str(error.args[0])) from error
        except ValueError as error:
            raise BadSetting("channels.bad_secret", provider=name) from error

    return make


def _brevo(values: Values) -> Provider:
    return brevo.Brevo(values["api_key"], values.get("base", brevo.API))


def _brevo_sms(values: Values) -> Provider:
    return brevo.BrevoSms(values["api_key"], values.get("base", brevo.API))


def _mailgun(values: Values) -> Provider:
    return mailgun.Mailgun(values["api_key"], values["domain"], values.get("base", mailgun.API))


def _postmark(values: Values) -> Provider:
    streams = values.get("marketing_stream", "broadcast"), values.get("other_stream", "outbound")
    return postmark.Postmark(values["token"], *streams, values.get("base", postmark.API))


def _resend(values: Values) -> Provider:
    return resend.Resend(values["api_key"], values.get("base", resend.API))


def _sendgrid(values: Values) -> Provider:
    return sendgrid.SendGrid(values["api_key"], values.get("base", sendgrid.API))


def _ses(values: Values) -> Provider:
    where = values["region"], values.get("configuration_set"), values.get("base", "")
    return ses.Ses(values["access_key"], values["secret_key"], *where)


def _twilio(values: Values) -> Provider:
    where = values.get("callback"), values.get("base", twilio.API)
    return twilio.Twilio(values["account"], values["token"], *where)


def _ovh(values: Values) -> Provider:
    keys = values["application_key"], values["application_secret"], values["consumer_key"]
    return ovh.Ovh(values["service"], *keys, values.get("base", ovh.API))


def _push(values: Values) -> Provider:
    key = load_pem_private_key(values["vapid_key"].encode(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("a VAPID key is one of P-256")
    return push.WebPush(key, values["contact"])


def _webhook(values: Values) -> Provider:
    return webhook.Webhook(values["url"], tuple(values["signing_secrets"].split()))


KINDS: Final[tuple[ProviderKind, ...]] = (
    ProviderKind("brevo", "email", ("base",), ("api_key",), _checked("brevo", _brevo)),
    ProviderKind("mailgun", "email", ("domain", "base"), ("api_key",), _checked("mailgun", _mailgun)),
    ProviderKind(
        "postmark",
        "email",
        ("marketing_stream", "other_stream", "base"),
        ("token",),
        _checked("postmark", _postmark),
    ),
    ProviderKind("resend", "email", ("base",), ("api_key",), _checked("resend", _resend)),
    ProviderKind("sendgrid", "email", ("base",), ("api_key",), _checked("sendgrid", _sendgrid)),
    ProviderKind(
        "ses", "email", ("region", "configuration_set", "base"), ("access_key", "secret_key"), _checked("ses", _ses)
    ),
    ProviderKind("brevo", "sms", ("base",), ("api_key",), _checked("brevo", _brevo_sms)),
    ProviderKind(
        "ovh",
        "sms",
        ("service", "base"),
        ("application_key", "application_secret", "consumer_key"),
        _checked("ovh", _ovh),
        tells_events=False,
    ),
    ProviderKind("twilio", "sms", ("account", "callback", "base"), ("token",), _checked("twilio", _twilio)),
    ProviderKind("push", "push", ("contact",), ("vapid_key",), _checked("push", _push), tells_events=False),
    ProviderKind(
        "webhook", "webhook", ("url",), ("signing_secrets",), _checked("webhook", _webhook), tells_events=False
    ),
)
PROVIDERS: Final[dict[tuple[str, str], ProviderKind]] = {(kind.channel, kind.name): kind for kind in KINDS}
READERS: Final[dict[tuple[str, str], Reader]] = {
    ("email", "brevo"): brevo.mail_events,
    ("email", "mailgun"): mailgun.events,
    ("email", "postmark"): postmark.events,
    ("email", "resend"): resend.events,
    ("email", "sendgrid"): sendgrid.events,
    ("email", "ses"): ses.events,
    ("sms", "brevo"): brevo.sms_events,
    ("sms", "ovh"): ovh.events,
    ("sms", "twilio"): twilio.events,
}
# what each needs to prove its calls; a password is made by us and written into the address that the provider calls
PROOFS: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("email", "brevo"): ("password",),
    ("email", "mailgun"): ("signing_key",),
    ("email", "postmark"): ("password",),
    ("email", "resend"): ("signing_secret",),
    ("email", "sendgrid"): ("public_key",),
    ("email", "ses"): ("topic_arn",),
    ("sms", "brevo"): ("password",),
    ("sms", "ovh"): ("token",),
    ("sms", "twilio"): ("token",),
}


def read_call(channel: str, provider: str, call: Call, secrets: Secrets) -> tuple[ProviderEvent, ...]:
    """What a provider's call says. Raises BadSignature, also for a provider that makes no calls, and UnreadableCall."""
    reader = READERS.get((channel, provider))
    if reader is None:
        raise refuse()
    return reader(call, secrets)
