"""A mail server on a free port of the loopback: prints its port, then each mail as a line of JSON. Recipients that begin with 'no-' are
refused."""
import argparse, asyncio, json, socket, ssl
from aiosmtpd.smtp import SMTP, AuthResult

arguments = argparse.ArgumentParser()
arguments.add_argument("--certificate", help="file with a certificate and its key: STARTTLS is offered")
arguments.add_argument("--tls", action="store_true", help="TLS from the first byte instead")
arguments.add_argument("--login", nargs=2, metavar=("USER", "PASSWORD"), help="without which no mail is taken")
options = arguments.parse_args()


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("no-"):
            return "550 there is no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "text": envelope.content.decode("utf-8"),
                "user": session.auth_data.login.decode() if session.authenticated else None}
        print(json.dumps(mail), flush=True)
        return "250 taken as 17"


def authenticate(server, session, envelope, mechanism, data):
    return AuthResult(success=[data.login.decode(), data.password.decode()] == options.login, auth_data=data, handled=False)


async def main():
    context = None
    if options.certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options.certificate)
    where = socket.socket()
    where.bind(("127.0.0.1", 0))
    inner = None if options.tls else context

    def talk():
        return SMTP(Handler(), tls_context=inner, authenticator=authenticate if options.login else None,
                    auth_required=bool(options.login), auth_require_tls=inner is not None)

    server = await asyncio.get_running_loop().create_server(talk, sock=where, ssl=context if options.tls else None)
    print(where.getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
