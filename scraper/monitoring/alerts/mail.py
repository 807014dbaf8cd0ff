"""A message as e-mail through an SMTP server."""

from __future__ import annotations

import logging
import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from email.utils import format_datetime

from scraper.monitoring.alerts.message import Message, one_line
from scraper.monitoring.alerts.targets import Mail, Undelivered

logger = logging.getLogger(__name__)


def send(mail: Mail, message: Message) -> None:
    """Send to all recipients; raises Undelivered where none of them was accepted."""
    try:
        server = _connected(mail)
        try:
            refused = server.send_message(compose(mail, message), mail.sender, mail.recipients)
            with suppress(
                smtplib.SMTPException, OSError
            ):  # the message is taken; how the server says good-bye does not matter
                server.quit()
        finally:
            server.close()
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise Undelivered(_reason(error, mail), down=_is_down(error)) from None
    if refused:
        logger.warning(
            "%s: %d of %d recipients refused by the server",
            mail.name,
            len(refused),
            len(mail.recipients),
        )


def compose(mail: Mail, message: Message) -> EmailMessage:
    """The mail; Message-ID is the same when it is sent again, and the end answers the beginning, so
    that mailers show them together.
    """
    domain = mail.sender.rpartition("@")[2]
    letter = EmailMessage(policy=POLICY)
    letter["From"] = mail.sender
    letter["To"] = ", ".join(mail.recipients)
    letter["Subject"] = message.subject
    letter["Date"] = format_datetime(message.sent_at)
    letter["Message-ID"] = f"<warta.{message.id}@{domain}>"
    letter["Auto-Submitted"] = "auto-generated"
    if message.state == "ended" and message.began_told:
        letter["In-Reply-To"] = letter["References"] = (
            f"<warta.{message.id.replace('-ended', '-began')}@{domain}>"
        )
    letter.set_content(message.as_text(), charset="utf-8")
    return letter


def _connected(mail: Mail) -> smtplib.SMTP:
    context = ssl.create_default_context()
    server: smtplib.SMTP
    if mail.tls:
        server = smtplib.SMTP_SSL(mail.host, mail.port, timeout=mail.timeout, context=context)
    else:
        server = smtplib.SMTP(mail.host, mail.port, timeout=mail.timeout)
    try:
        if mail.starttls and not mail.tls:
            server.starttls(context=context)
        if mail.username is not None and mail.password is not None:
            server.login(mail.username, mail.password)
    except BaseException:
        server.close()
        raise
    return server


def _is_down(error: Exception) -> bool:
    """Whether the server took nothing at all; a permanent refusal of one message says nothing of
    the next.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return not all(code >= 500 for code, _text in error.recipients.values())
    return not (
        isinstance(error, (smtplib.SMTPDataError, smtplib.SMTPSenderRefused))
        and error.smtp_code >= 500
    )


def _reason(error: Exception, mail: Mail) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        # Its own words may repeat what was sent
        return f"the server refused the login ({error.smtp_code})"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return f"the server refused every recipient ({', '.join(sorted({str(code) for code, _text in error.recipients.values()}))})"
    if isinstance(error, smtplib.SMTPResponseException):
        said = (
            error.smtp_error.decode(errors="replace")
            if isinstance(error.smtp_error, bytes)
            else str(error.smtp_error)
        )
        return f"the server answered {error.smtp_code} {one_line(said, most=120)}".rstrip()
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return f"the connection broke off, or no answer within {mail.timeout:g} s"
    if isinstance(error, TimeoutError):
        return f"no answer within {mail.timeout:g} s"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"TLS: {error.verify_message}"
    if isinstance(error, OSError) and error.strerror:
        return one_line(error.strerror).lower()
    return one_line(str(error), most=120) or type(error).__name__
