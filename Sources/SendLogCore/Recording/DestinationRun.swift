/// Destinations in plain text with nothing between them but commas, as nearly all lists come: `,"27821234567","27821234568"`.
///
/// They keep to the rules, and their JSON is what it would be rendered as: they can be copied as they are.
public enum DestinationRun {
    /// Measures the run that some bytes begin with.
    ///
    /// - Parameters:
    ///   - bytes: what begins with the comma behind a destination
    ///   - most: how many destinations to take at most
    ///   - full: behind how many bytes to take no more
    /// - Returns: how many bytes the run has, and how many destinations; a destination that the bytes cut is not in it.
    public static func measure(
        _ bytes: UnsafeBufferPointer<UInt8>,
        most: Int,
        full: Int
    ) -> (length: Int, count: Int) {
        var (place, count) = (0, 0)
        while count < most, place < full, place + 3 < bytes.count, bytes[place] == UInt8(ascii: ","),
            bytes[place + 1] == UInt8(ascii: "\"")
        {
            let end = PlainBytes.end(in: bytes, from: place + 2)
            let length = end - place - 2
            guard end < bytes.count, bytes[end] == UInt8(ascii: "\""), length > 0, length <= DestinationList.longest
            else {
                break
            }
            place = end + 1
            count += 1
        }
        return (place, count)
    }
}
