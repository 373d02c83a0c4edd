import StoreChecks
import TestSupport

/// Generates well-formed and malformed responses, always the same ones for a seed.
struct ResponseFuzzer {
    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    /// A reply, and the status that the client must report; `nil` if any result is valid.
    mutating func next() -> (reply: HostileReceiver.Reply, status: Int?) {
        // Rare, because the client waits for its whole timeout.
        if chance(1, of: 150) { return (HostileReceiver.Reply(pieces: split(response()), end: .stall), nil) }
        if chance(1, of: 60) { return (HostileReceiver.Reply(pieces: split(response()), end: .flood), nil) }
        if chance(1, of: 4) { return wellFormed() }
        return (HostileReceiver.Reply(pieces: split(mutated()), end: chance(1, of: 4) ? .reset : .close), nil)
    }

    /// A reply that may keep its connection open even if it is malformed.
    mutating func nextWild() -> HostileReceiver.Reply {
        if chance(1, of: 3) { return HostileReceiver.Reply(end: chance(1, of: 2) ? .reset : .close) }
        if chance(1, of: 3) { return HostileReceiver.Reply(pieces: wellFormed().reply.pieces, end: .keepAlive) }
        let ends: [HostileReceiver.Reply.End] = [.close, .close, .close, .reset, .reset, .keepAlive]
        let end = chance(1, of: 150) ? .stall : chance(1, of: 60) ? .flood : ends[random(0...5)]
        let bytes = mutated()
        return HostileReceiver.Reply(pieces: split(bytes), end: end)
    }

    private mutating func mutated() -> [UInt8] {
        var bytes = response()
        for _ in 0..<random(1...4) { mutate(&bytes) }
        return bytes
    }

    /// A well-formed response, in pieces of any size.
    private mutating func wellFormed() -> (reply: HostileReceiver.Reply, status: Int?) {
        let status = random(200...599)
        let body = [UInt8](repeating: 0x61, count: [0, 1, 1000, 65_536][random(0...3)])
        let isEmpty = status == 204 || status == 304
        var text = chance(1, of: 3) ? "HTTP/1.1 100 Continue\r\n\r\n" : ""
        text += "HTTP/1.1 \(status) Any\r\n"
        var bytes: [UInt8]
        if isEmpty {
            bytes = Array("\(text)\r\n".utf8)
        } else if chance(1, of: 2) {
            bytes = Array("\(text)Content-Length: \(body.count)\r\n\r\n".utf8) + body
        } else {
            bytes = Array("\(text)Transfer-Encoding: chunked\r\n\r\n".utf8)
            if !body.isEmpty { bytes += Array("\(String(body.count, radix: 16))\r\n".utf8) + body + Array("\r\n".utf8) }
            bytes += Array("0\r\n\r\n".utf8)
        }
        return (HostileReceiver.Reply(pieces: split(bytes), end: chance(1, of: 2) ? .keepAlive : .close), status)
    }

    /// A response that is nearly well-formed.
    private mutating func response() -> [UInt8] {
        let statuses = [
            "000", "007", "099", "100", "101", "102", "103", "199", "200", "204", "205", "206", "301", "304", "400",
            "410",
            "429", "500", "503", "599", "600", "999", "1000", "20", "2", "-1", "abc", "99999999999999999999", "",
        ]
        let versions = [
            "HTTP/1.1", "HTTP/1.0", "HTTP/0.9", "HTTP/2", "HTTP/3", "HTTP/1.9", "HTTP/9.9", "http/1.1", "ICY", "HTTP/",
            "HTTP/1.1.1",
        ]
        var text =
            chance(1, of: 6)
            ? String(repeating: "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", count: random(1...200)) : ""
        text += "\(pick(versions)) \(pick(statuses))\(chance(1, of: 4) ? "" : " Reason")\r\n"
        for _ in 0..<random(0...4) { text += field() + "\r\n" }
        if chance(1, of: 30) { text += "X-Long: \(String(repeating: "x", count: random(1...200_000)))\r\n" }
        if chance(1, of: 30) { text += String(repeating: "X-Many: y\r\n", count: random(1...20_000)) }
        text += "\r\n"
        var bytes = Array(text.utf8)
        switch random(0...4) {
        case 0: break
        case 1: bytes += Array("body".utf8)
        case 2:
            bytes += Array(
                "\(pick(["4", "0", "ffffffffffffffff", "-1", "4;x=y", "zz", "00000000000000000004"]))\r\nbody\r\n0\r\n\r\n"
                    .utf8
            )
        case 3: bytes += [UInt8](repeating: 0x78, count: random(1...200_000))
        default:
            bytes += Array(
                "4\r\nbody\r\n0\r\nTrailer: \(String(repeating: "t", count: random(0...100_000)))\r\n\r\n".utf8
            )
        }
        return bytes
    }

    private mutating func field() -> String {
        pick([
            "Content-Length: 4", "Content-Length: 0", "Content-Length: -1", "Content-Length: 99999999999999999999999",
            "Content-Length: 4, 5", "Content-Length: 1000000000000", "Content-Length: 4\r\nContent-Length: 5",
            "Content-Length:",
            "Transfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: nonsense",
            "Content-Encoding: gzip", "Content-Encoding: br, zstd, deflate", "Connection: close",
            "Connection: keep-alive", "Connection: upgrade",
            "Upgrade: h2c", "Upgrade: websocket", "Keep-Alive: timeout=-1", "Location: http://127.0.0.1:1/",
            "Location: file:///etc/passwd",
            "Retry-After: 1", "Retry-After: 99999999999999999999", "Retry-After: -5",
            "Retry-After: Wed, 99 Foo 99999 99:99:99 GMT", "Retry-After:",
            "Set-Cookie: a=b; Domain=.", "Strict-Transport-Security: max-age=1", "Alt-Svc: h3=\":1\"",
            "WWW-Authenticate: Negotiate",
            "WWW-Authenticate: NTLM", "WWW-Authenticate: Digest realm=\"", "Proxy-Authenticate: Basic", "Trailer: X",
            " folded: line", "\tfolded", ":", "no colon",
            "X-\0: \0", "X: \u{7f}\u{e9}\u{1f600}", "Date: never", "TE: trailers", "Content-Range: bytes 9-1/0",
        ])
    }

    private mutating func mutate(_ bytes: inout [UInt8]) {
        if bytes.isEmpty { bytes = [0] }
        // Mostly near the beginning, where the client parses.
        let end = chance(3, of: 4) ? min(bytes.count, 200) : bytes.count
        let index = random(0...(end - 1))
        switch random(0...6) {
        case 0: bytes.removeLast(bytes.count - index)
        case 1: bytes[index] = UInt8(random(0...255))
        case 2:
            bytes.insert(contentsOf: [UInt8](repeating: UInt8(random(0...255)), count: random(1...70)), at: index)
        case 3: bytes.removeSubrange(index..<min(bytes.count, index + random(1...40)))
        case 4: bytes.insert(contentsOf: bytes[index..<min(bytes.count, index + random(1...400))], at: index)
        case 5: bytes[index] ^= 1 << UInt8(random(0...7))
        default:
            bytes.insert(contentsOf: Array(pick(["\r\n", "\n", "\r", "\0", " ", "\r\n\r\n", ":"]).utf8), at: index)
        }
    }

    /// Cuts bytes into a few pieces.
    private mutating func split(_ bytes: [UInt8]) -> [[UInt8]] {
        var (pieces, rest): ([[UInt8]], ArraySlice<UInt8>) = ([], bytes[...])
        for _ in 0..<random(0...4) where rest.count > 1 {
            let size = random(1...min(rest.count, chance(1, of: 2) ? 20 : rest.count))
            pieces.append(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        return pieces + [Array(rest)]
    }

    private mutating func random(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    private mutating func chance(_ part: Int, of whole: Int) -> Bool { random(1...whole) <= part }
    private mutating func pick(_ choices: [String]) -> String { choices[random(0...(choices.count - 1))] }
}
