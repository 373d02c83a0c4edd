import Foundation
import SendLogContent
import SendLogCore

/// A file or standard input, read in pieces, and inflated if it is gzip.
struct InputFile {
    /// The size of a file in bytes; `nil` for standard input.
    let size: Int?
    private let handle: FileHandle
    private let inflater: GzipInflater?
    /// The beginning of the content, which shows its format; empty once it was returned.
    private var head: [UInt8] = []
    /// The bytes of which ``offset`` are used.
    private var buffer: [UInt8]
    private var offset = 0
    private var bytesRead: Int

    private static let readLength = 1 << 20

    /// Opens a file, or standard input for `-`.
    ///
    /// - Throws: ``CommandFailure`` if it cannot be read, or has another format.
    init(_ path: String) throws {
        (handle, size) = try Self.opened(path)
        buffer = []
        // A pipe may return less than the bytes that show the format.
        while buffer.count < GzipInflater.signature.count, let piece = try Self.read(handle) { buffer += piece }
        bytesRead = buffer.count
        inflater = buffer.starts(with: GzipInflater.signature) ? GzipInflater() : nil
        // The checksum at the end of gzip is not reached yet: damage is reported while the content is read.
        while head.count < TextFormat.headLength, let piece = try content(inflatedUpTo: TextFormat.headLength) {
            head += piece
        }
        try refuseOtherFormats(of: path)
    }

    /// What to do with data of another format, and the command that does it and writes UTF-8 text.
    ///
    /// For gzip within gzip, the command that inflates the file is enough.
    private static let converters = [
        "gzip": ("decompress", ""),
        "zstd": ("decompress", "zstdcat"), "xz": ("decompress", "xzcat"), "bzip2": ("decompress", "bzcat"),
        "a ZIP archive": ("unpack", "unzip -p"), "UTF-16": ("convert", "iconv -f UTF-16 -t UTF-8"),
        "UTF-32": ("convert", "iconv -f UTF-32 -t UTF-8"),
    ]

    private func refuseOtherFormats(of path: String) throws {
        guard let format = TextFormat(head: Array(head.prefix(TextFormat.headLength)), expected: .json),
            let (verb, converter) = Self.converters[format.name]
        else { return }
        let isZIP = converter.hasPrefix("unzip")
        var (name, commands) = (format.name, [converter])
        if inflater != nil {
            name = converter.isEmpty ? "compressed twice" : "\(name) within gzip"
            // unzip does not read standard input.
            commands = ["gzip -dc", isZIP ? "funzip" : converter].filter { !$0.isEmpty }
        }
        if path != "-" {
            commands[0] += " \(ShellText.quoted(path))"
        } else if isZIP, inflater == nil {
            commands[0] += " FILE"
        }
        let pipe = (commands + ["sendlog import … -"]).joined(separator: " | ")
        throw CommandFailure("this is \(name); \(verb) it first: \(pipe)")
    }

    /// The number of bytes of the file whose content was returned; compressed bytes if the file is gzip.
    var position: Int { bytesRead - (buffer.count - offset) }

    /// Returns the next piece of the content, or `nil` at its end.
    ///
    /// - Throws: ``CommandFailure`` if the file cannot be read, or is damaged.
    mutating func next() throws -> [UInt8]? {
        guard head.isEmpty else {
            defer { head = [] }
            return head
        }
        return try content(inflatedUpTo: Self.readLength)
    }

    private mutating func content(inflatedUpTo length: Int) throws -> [UInt8]? {
        while true {
            if let inflater {
                if offset < buffer.count || inflater.hasMoreOutput {
                    let piece = try inflate(with: inflater, upTo: length)
                    if piece.isEmpty { continue }
                    return piece
                }
            } else if !buffer.isEmpty {
                defer { buffer = [] }
                return buffer
            }
            guard let piece = try Self.read(handle) else {
                do { try inflater?.finish() } catch { throw CommandFailure("the file \(error.message)") }
                return nil
            }
            (buffer, offset) = (piece, 0)
            bytesRead += piece.count
        }
    }

    private mutating func inflate(with inflater: GzipInflater, upTo length: Int) throws -> [UInt8] {
        var read = 0
        do {
            let piece = try [UInt8](unsafeUninitializedCapacity: length) { room, written throws(GzipError) in
                try buffer.withUnsafeBufferPointer { bytes throws(GzipError) in
                    let rest = UnsafeBufferPointer(rebasing: bytes[offset...])
                    (read, written) = try inflater.inflate(rest, into: UnsafeMutableRawBufferPointer(room))
                }
            }
            offset += read
            return piece
        } catch {
            throw CommandFailure("the file \(error.message)")
        }
    }

    private static func opened(_ path: String) throws -> (FileHandle, size: Int?) {
        if path == "-" { return (.standardInput, nil) }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandFailure("\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return (handle, nil) }
        if status.st_mode & S_IFMT == S_IFDIR { throw CommandFailure("\(path) is a folder; give the path of a file") }
        return (handle, status.st_size > 0 ? Int(status.st_size) : nil)
    }

    private static func read(_ handle: FileHandle) throws -> [UInt8]? {
        do {
            let piece = try handle.read(upToCount: readLength) ?? Data()
            return piece.isEmpty ? nil : Array(piece)
        } catch {
            throw CommandFailure("the file cannot be read: \(error.localizedDescription)")
        }
    }
}
