import SendLogCore

/// A run of destinations in plain text, separated only by commas: `,"27821234567","27821234568"`.
///
/// Nearly all lists come in this form. A run's destinations are valid and its text is what the service would render, so
/// that the bytes can be copied unchanged.
public enum DestinationRun {
    /// Returns the length of the run at the beginning of some bytes.
    ///
    /// - Parameters:
    ///   - bytes: the bytes, beginning with the comma after a destination
    ///   - limit: the largest number of destinations
    ///   - maxBytes: the offset at which the run ends; the destination that crosses it is included
    /// - Returns: the length of the run in bytes, and its number of destinations; a destination that is cut off at the
    ///   end of the bytes is not included.
    public static func measure(
        _ bytes: UnsafeBufferPointer<UInt8>,
        limit: Int,
        maxBytes: Int
    ) -> (length: Int, count: Int) {
        var (offset, count) = (0, 0)
        while count < limit, offset < maxBytes, offset + 3 < bytes.count, bytes[offset] == UInt8(ascii: ","),
            bytes[offset + 1] == UInt8(ascii: "\"")
        {
            let end = PlainBytes.end(in: bytes, from: offset + 2)
            let length = end - offset - 2
            guard end < bytes.count, bytes[end] == UInt8(ascii: "\""), length > 0, length <= DestinationList.maxLength
            else { break }
            offset = end + 1
            count += 1
        }
        return (offset, count)
    }
}
