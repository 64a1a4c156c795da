"""A mail server on a free port of the loopback: prints its port, then each mail as a line of JSON. With a certificate it offers
STARTTLS. Recipients that begin with 'no-' are refused."""
import asyncio, json, socket, ssl, sys
from aiosmtpd.smtp import SMTP


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("no-"):
            return "550 there is no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "text": envelope.content.decode("utf-8")}
        print(json.dumps(mail), flush=True)
        return "250 taken as 17"


async def main():
    tls = None
    if len(sys.argv) > 1:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(sys.argv[1])
    where = socket.socket()
    where.bind(("127.0.0.1", 0))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Handler(), tls_context=tls), sock=where)
    print(where.getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
