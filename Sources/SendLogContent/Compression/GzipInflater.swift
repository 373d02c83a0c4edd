import CZlib

/// An incremental reader of gzip data with one or more members (<https://www.rfc-editor.org/rfc/rfc1952>).
///
/// It checks the checksum and the length of each member, and holds about 50 KB. Call ``finish()`` at the end of the data.
public final class GzipInflater {
    private let stream: UnsafeMutablePointer<z_stream>
    private var isWithinMember = false
    private var hasMember = false
    /// Whether there may be more output without more input, because the last output was full.
    public private(set) var hasMoreOutput = false

    /// The first bytes of gzip data.
    public static let signature: [UInt8] = [0x1f, 0x8b]
    /// Added to the window's logarithm, 15, so that zlib reads gzip and no other format.
    private static let gzipFormat: Int32 = 16

    /// Creates an inflater at the beginning of the data.
    public init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let size = Int32(MemoryLayout<z_stream>.size)
        let status = inflateInit2_(stream, 15 + Self.gzipFormat, ZLIB_VERSION, size)
        precondition(status == Z_OK, "inflateInit2 failed: out of memory")
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Inflates bytes until they end or the output is full.
    ///
    /// - Returns: the number of bytes read, and the number of bytes written.
    /// - Throws: ``GzipError``, after which the inflater cannot be used.
    public func inflate(
        _ input: UnsafeBufferPointer<UInt8>,
        into output: UnsafeMutableRawBufferPointer
    ) throws(GzipError) -> (read: Int, written: Int) {
        let room = output.bindMemory(to: UInt8.self)
        var (read, written) = (0, 0)
        while written < room.count, read < input.count || hasMoreOutput {
            let (rest, free) = (input[read...].prefix(Self.maxStep), room[written...].prefix(Self.maxStep))
            stream.pointee.next_in = UnsafeMutablePointer(mutating: UnsafeBufferPointer(rebasing: rest).baseAddress)
            stream.pointee.avail_in = UInt32(rest.count)
            stream.pointee.next_out = UnsafeMutableBufferPointer(rebasing: free).baseAddress
            stream.pointee.avail_out = UInt32(free.count)
            let status = CZlib.inflate(stream, Z_NO_FLUSH)
            read += rest.count - Int(stream.pointee.avail_in)
            written += free.count - Int(stream.pointee.avail_out)
            hasMoreOutput = stream.pointee.avail_out == 0 && status == Z_OK
            switch status {
            case Z_OK: isWithinMember = true
            case Z_STREAM_END:
                (isWithinMember, hasMember) = (false, true)
                inflateReset(stream)
            // More input or output space is needed.
            case Z_BUF_ERROR: return (read, written)
            default: throw failure()
            }
        }
        return (read, written)
    }

    /// A step's length in bytes, which zlib counts in 32 bits.
    private static let maxStep = 1 << 30

    private static let dataAfterEnd = GzipError("more data follows its end")

    private func failure() -> GzipError {
        // zlib has read the first two bytes of what should be another member.
        if hasMember, stream.pointee.total_in <= 2 { return Self.dataAfterEnd }
        return GzipError(stream.pointee.msg.map { String(cString: $0) } ?? "it cannot be read")
    }

    /// Ends the data.
    ///
    /// - Throws: ``GzipError`` if the data ends within a member.
    public func finish() throws(GzipError) {
        guard isWithinMember else { return }
        throw hasMember && stream.pointee.total_in < 2 ? Self.dataAfterEnd : GzipError("it ends too early")
    }
}
