/// The frames of a write-ahead log that SQLite would replay into a database file.
///
/// For the format and the checksums, see <https://www.sqlite.org/fileformat2.html#the_write_ahead_log>.
struct WALFile {
    private let file: OpenFile
    /// The header's two random numbers, which change with each restart of the WAL; a frame with others is not replayed.
    let salts: [UInt8]
    private let pageSize: Int
    private let isBigEndian: Bool
    private var checksum: (UInt32, UInt32)
    private var offset: Int
    private var frame: [UInt8]

    private static let headerLength = 32
    private static let frameHeaderLength = 24

    /// Reads the salts from the header of a WAL; `nil` if it has none.
    static func salts(of file: OpenFile) -> [UInt8]? {
        var header = [UInt8](repeating: 0, count: headerLength)
        guard file.read(at: 0, into: &header), isHeader(header) else { return nil }
        return Array(header[16..<24])
    }

    private static func isHeader(_ header: [UInt8]) -> Bool { header.bigEndian32(at: 0) & ~1 == 0x377f_0682 }

    /// Opens the WAL of a database file.
    ///
    /// - Returns: `nil` if there is no WAL, or none that SQLite would replay.
    init?(of path: String) {
        guard let file = OpenFile("\(path)-wal") else { return nil }
        var header = [UInt8](repeating: 0, count: Self.headerLength)
        guard file.read(at: 0, into: &header) else { return nil }
        let magic = header.bigEndian32(at: 0)
        let pageSize = header.bigEndian32(at: 8)
        let isBigEndian = magic & 1 == 1
        let checksum = Self.checksum(of: header[..<24], after: (0, 0), isBigEndian: isBigEndian)
        guard Self.isHeader(header), (512...65_536).contains(pageSize), pageSize.nonzeroBitCount == 1,
            checksum == (header.bigEndian32(at: 24), header.bigEndian32(at: 28))
        else { return nil }
        self.file = file
        self.pageSize = Int(pageSize)
        self.isBigEndian = isBigEndian
        self.checksum = checksum
        salts = Array(header[16..<24])
        offset = Self.headerLength
        frame = Array(repeating: 0, count: Self.frameHeaderLength + Int(pageSize))
    }

    /// Reads the next frame: where its page belongs in the database file, and the page; `nil` after the last frame.
    mutating func next() -> (offset: Int, page: ArraySlice<UInt8>)? {
        guard file.read(at: offset, into: &frame), Array(frame[8..<16]) == salts else { return nil }
        let bytes = frame[Self.frameHeaderLength...]
        checksum = Self.checksum(of: frame[..<8], after: checksum, isBigEndian: isBigEndian)
        checksum = Self.checksum(of: bytes, after: checksum, isBigEndian: isBigEndian)
        guard checksum == (frame.bigEndian32(at: 16), frame.bigEndian32(at: 20)) else { return nil }
        offset += frame.count
        return ((Int(frame.bigEndian32(at: 0)) - 1) * pageSize, bytes)
    }

    private static func checksum(
        of bytes: ArraySlice<UInt8>,
        after start: (UInt32, UInt32),
        isBigEndian: Bool
    ) -> (UInt32, UInt32) {
        var (first, second) = start
        bytes.withUnsafeBytes { bytes in
            for offset in stride(from: 0, to: bytes.count - 7, by: 8) {
                var one = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
                var two = bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
                one = isBigEndian ? one.bigEndian : one.littleEndian
                two = isBigEndian ? two.bigEndian : two.littleEndian
                first = first &+ one &+ second
                second = second &+ two &+ first
            }
        }
        return (first, second)
    }
}

extension [UInt8] {
    /// Returns the number in four bytes, the most significant one first.
    func bigEndian32(at offset: Int) -> UInt32 {
        self[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }
}
