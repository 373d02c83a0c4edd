import TestSupport
import Testing

@testable import SendLogServer

/// Byte order marks and encodings of a configuration file.
@Suite struct ConfigurationEncodingTests {
    private static let text = #"{"http": {"port": 9000}}"#
    private static let wide = text.utf16.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }

    private func port(of bytes: [UInt8]) throws(ConfigurationError) -> Int? {
        guard let folder = try? TemporaryFolder(), (try? folder.write(bytes, to: "a.json")) != nil else { return nil }
        do throws(ConfigurationError) {
            return try ConfigurationSources(flags: [:], environment: [:], file: folder.file("a.json")).number(.port)
        } catch {
            throw ConfigurationError(error.description.replacing(folder.file("a.json"), with: "FILE"))
        }
    }

    @Test func `a byte order mark is skipped`() throws {
        #expect(try port(of: [0xef, 0xbb, 0xbf] + Self.text.utf8) == 9000)
        #expect(try port(of: Array(Self.text.utf8)) == 9000)
    }

    @Test(arguments: [[0xff, 0xfe] + wide, wide, [0xfe, 0xff, 0x00] + wide.dropLast()])
    func `UTF-16 is refused with the encoding to use`(bytes: [UInt8]) {
        let error = #expect(throws: ConfigurationError.self) { try port(of: bytes) }
        let message = "the configuration file FILE is not valid JSON: this is UTF-16; use UTF-8"
        #expect(error?.description.hasPrefix(message) == true)
    }

    @Test func `a compressed file is refused without advice for requests`() {
        let error = #expect(throws: ConfigurationError.self) { try port(of: [0x1f, 0x8b, 8, 0, 0, 0, 0, 0]) }
        let message = "the configuration file FILE is not valid JSON: this is gzip; decompress it first"
        #expect(error?.description.hasPrefix(message) == true)
        #expect(error?.description.contains("Content-Encoding") == false)
    }

    @Test(arguments: [[], [0xef, 0xbb, 0xbf], [0xef, 0xbb], [0x7b, 0x22, 0xe9, 0x22, 0x3a, 0x31, 0x7d]])
    func `an empty file and other encodings are refused`(bytes: [UInt8]) {
        let error = #expect(throws: ConfigurationError.self) { try port(of: bytes) }
        #expect(error?.description.hasPrefix("the configuration file FILE is not valid JSON: ") == true)
    }
}
