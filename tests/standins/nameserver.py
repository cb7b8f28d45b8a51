"""A small authoritative DNS server for tests: UDP and TCP on 127.0.0.1, with faults."""

import contextlib
import socketserver
import struct
import threading

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

MOST_ALIASES = 8
SOUND = """
    shop.test.               SOA  ns.shop.test. owner.shop.test. 1 3600 600 86400 300
    shop.test.               NS   anna.ns.cloudflare.com.
    shop.test.               NS   bob.ns.cloudflare.com.
    shop.test.               MX   10 mail.shop.test.
    shop.test.               MX   20 route1.mx.cloudflare.net.
    shop.test.               MX   21 route2.mx.cloudflare.net.
    shop.test.               TXT  "v=spf1 mx include:_spf.mx.clou" "dflare.net -all"
    shop.test.               TXT  "some-verification=1"
    mail.shop.test.          A    9.9.9.9
    mail.shop.test.          AAAA 2620:fe::fe
    route1.mx.cloudflare.net. A   162.159.205.11
    route2.mx.cloudflare.net. A   162.159.205.12
    _spf.mx.cloudflare.net.  TXT  "v=spf1 ip4:104.30.0.0/20 ~all"
    cf2024-1._domainkey.shop.test. TXT "v=DKIM1; h=sha256; k=rsa; p=MIIBIjANBg"
    _dmarc.shop.test.        TXT  "v=DMARC1; p=none"
"""
"""The DNS of a domain that is set up well."""


class NameServer:
    """Answers from `text`: a record per line, as in `mail.shop.test. 300 A 9.9.9.9`; the TTL may be left out.

    `broken`: names that get SERVFAIL, except where the question carries the CD bit (as a resolver that
    validates answers for a domain with bad signatures); `dead`: names that get SERVFAIL always; `silent`:
    names that get no answer; `cut`: names whose UDP answers are truncated; `signed`: names whose answers
    carry the AD bit; `mangled`: names whose answers lack their end. `asked` notes (name, type, protocol).
    """

    def __init__(self, text, *, broken=(), dead=(), silent=(), cut=(), signed=(), mangled=()):
        self._sets = {}
        for line in filter(str.strip, text.splitlines()):
            name, rest = line.split(maxsplit=1)
            ttl, rest = rest.split(maxsplit=1) if rest[0].isdigit() else ("300", rest)
            rrset = dns.rrset.from_text(name, int(ttl), "IN", *rest.split(maxsplit=1))
            self._sets.setdefault((rrset.name, rrset.rdtype), rrset).update(rrset)
        self.broken, self.dead, self.silent, self.cut, self.signed, self.mangled = map(
            _names, (broken, dead, silent, cut, signed, mangled)
        )
        self.asked = []

    @contextlib.contextmanager
    def serving(self):
        """Listen on a free port, the same for both protocols, and yield (host, port)."""
        with contextlib.ExitStack() as stack:
            tcp = stack.enter_context(_Tcp(("127.0.0.1", 0), _TcpHandler))
            udp = stack.enter_context(_Udp(tcp.server_address, _UdpHandler))
            for server in (tcp, udp):
                server.zone = self
                threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
                stack.callback(server.shutdown)
            yield tcp.server_address

    def answer(self, wire, protocol):
        """Return the answer to a question, both as they go over the wire; None to say nothing."""
        query = dns.message.from_wire(wire)
        [question] = query.question
        name, kind = question.name, question.rdtype
        self.asked.append((name.to_text(omit_final_dot=True), dns.rdatatype.to_text(kind), protocol))
        if name in self.silent:
            return None
        response = dns.message.make_response(query, recursion_available=True)
        if name in self.dead or (name in self.broken and not query.flags & dns.flags.CD):
            response.set_rcode(dns.rcode.SERVFAIL)
        elif name in self.cut and protocol == "udp":
            response.flags |= dns.flags.TC
        else:
            self._fill(response, name, kind)
        wire = response.to_wire(max_size=65535)
        return wire[:-20] if name in self.mangled else wire

    def _fill(self, response, name, kind):
        if name in self.signed:
            response.flags |= dns.flags.AD
        for _ in range(MOST_ALIASES):
            found = self._sets.get((name, kind))
            alias = self._sets.get((name, dns.rdatatype.CNAME))
            response.answer += filter(None, (found or alias,))
            if found or not alias:
                break
            name = alias[0].target
        else:
            raise AssertionError(f"aliases in a circle at {name}")
        if not found and not any(each.is_subdomain(name) for each, _ in self._sets):
            response.set_rcode(dns.rcode.NXDOMAIN)


def _names(texts):
    return {dns.name.from_text(text) for text in texts}


class _Udp(socketserver.UDPServer):
    zone: NameServer


class _Tcp(socketserver.ThreadingTCPServer):
    zone: NameServer
    allow_reuse_address = True
    daemon_threads = True


class _UdpHandler(socketserver.BaseRequestHandler):
    def handle(self):
        wire, sock = self.request
        answer = self.server.zone.answer(wire, "udp")
        if answer:
            sock.sendto(answer, self.client_address)


class _TcpHandler(socketserver.StreamRequestHandler):
    timeout = 2

    def handle(self):
        with contextlib.suppress(OSError, struct.error):
            (length,) = struct.unpack("!H", self.rfile.read(2))
            answer = self.server.zone.answer(self.rfile.read(length), "tcp")
            if answer:
                self.wfile.write(struct.pack("!H", len(answer)) + answer)
