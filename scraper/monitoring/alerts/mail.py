"""Send a message as e-mail through an SMTP server."""

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
    """Send to all recipients; raises Undelivered if none of them was accepted."""
    try:
        server = _connected(mail)
        try:
            refused = server.send_message(compose(mail, message), mail.sender, mail.recipients)
            with suppress(smtplib.SMTPException, OSError):  # the message is already accepted
                server.quit()
        finally:
            server.close()
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise Undelivered(_reason(error, mail), down=_is_down(error)) from None
    if refused:
        counts = len(refused), len(mail.recipients)
        logger.warning("%s: %d of %d recipients refused by the server", mail.name, *counts)


def compose(mail: Mail, message: Message) -> EmailMessage:
    """Return the mail; a retry has the same Message-ID, and the end replies to the beginning."""
    domain = mail.sender.rpartition("@")[2]
    letter = EmailMessage(policy=POLICY)
    letter["From"] = mail.sender
    letter["To"] = ", ".join(mail.recipients)
    letter["Subject"] = message.subject
    letter["Date"] = format_datetime(message.sent_at)
    letter["Message-ID"] = f"<warta.{message.id}@{domain}>"
    letter["Auto-Submitted"] = "auto-generated"
    if message.state == "ended" and message.began_told:
        began = f"<warta.{message.id.replace('-ended', '-began')}@{domain}>"
        letter["In-Reply-To"] = letter["References"] = began
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
    """Return whether the server accepts nothing, rather than refusing this message for good."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return not all(code >= 500 for code, _text in error.recipients.values())
    if isinstance(error, (smtplib.SMTPDataError, smtplib.SMTPSenderRefused)):
        return error.smtp_code < 500
    return True


def _reason(error: Exception, mail: Mail) -> str:
    match error:
        case smtplib.SMTPAuthenticationError():  # its text may repeat the password
            return f"the server refused the login ({error.smtp_code})"
        case smtplib.SMTPRecipientsRefused():
            codes = sorted({str(code) for code, _text in error.recipients.values()})
            return f"the server refused every recipient ({', '.join(codes)})"
        case smtplib.SMTPResponseException(smtp_error=said):
            words = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
            return f"the server answered {error.smtp_code} {one_line(words, most=120)}".rstrip()
        case smtplib.SMTPServerDisconnected():
            return f"connection lost, or no response within {mail.timeout:g} s"
        case TimeoutError():
            return f"no response within {mail.timeout:g} s"
        case ssl.SSLCertVerificationError():
            return f"TLS: {error.verify_message}"
        case OSError(strerror=str(text)) if text:
            return one_line(text).lower()
    return one_line(str(error), most=120) or type(error).__name__
