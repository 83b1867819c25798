"""A mail server for tests: a real one (aiosmtpd), on a free port, with TLS and a sign-in as it is told.

    server.py ENCRYPTION CERTIFICATE KEY [USER PASSWORD]

ENCRYPTION is `implicit`, `starttls` (offered, and needed) or `none`. Its first line says the port; each further one is a mail that it took,
as JSON. To `full@…` it says 452 once, to `nobody@…` always 550. It ends when its standard input does.
"""

import asyncio
import json
import ssl
import sys
from email import message_from_bytes, policy

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Taking:
    def __init__(self):
        self.put_off = set()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return f"550 5.1.1 <{address}>: Recipient address rejected: no such user"
        if address.startswith("full@") and address not in self.put_off:
            self.put_off.add(address)
            return "452 4.2.2 Mailbox full, try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = message_from_bytes(envelope.content, policy=policy.default)
        taken = {
            "to": envelope.rcpt_tos,
            "sender": envelope.mail_from,
            "headers": {name.lower(): str(value) for name, value in message.items()},
            "body": message.get_content().replace("\r\n", "\n"),
            "encrypted": session.ssl is not None or ENCRYPTION == "implicit",
            "user": session.auth_data.login.decode() if session.auth_data else None,
        }
        print(json.dumps(taken), flush=True)
        return "250 OK"


def may(server, session, envelope, mechanism, given):
    if isinstance(given, LoginPassword) and [given.login.decode(), given.password.decode()] == LOGIN:
        return AuthResult(success=True, auth_data=given)
    return AuthResult(success=False, handled=False)


async def main():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
    taking = Taking()

    def session():
        return SMTP(
            taking,
            hostname="mail.example",
            tls_context=context if ENCRYPTION == "starttls" else None,
            require_starttls=ENCRYPTION == "starttls",
            authenticator=may,
            auth_required=bool(LOGIN),
            auth_require_tls=ENCRYPTION == "starttls",
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(session, "127.0.0.1", 0, ssl=context if ENCRYPTION == "implicit" else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


ENCRYPTION, LOGIN = sys.argv[1], sys.argv[4:]
asyncio.run(main())
