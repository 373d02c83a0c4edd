/// What operators do with a store.
public protocol StoreMaintenance: Sendable {
    /// Compares everything that is stored with everything that can be computed from it: counters with a full count, places with an unbroken
    /// row, digests and checksums with the contents.
    ///
    /// Works on the state of one moment, while others go on recording.
    ///
    /// - Parameter progress: told how many of how many send logs were looked at
    /// - Returns: what is wrong, in words for the operator; empty where nothing is.
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func check(
        progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void
    ) async throws(StoreError) -> [String]

    /// Writes a complete copy, as of one moment, while others go on recording.
    ///
    /// - Parameter path: the file to write, which must not exist
    /// - Throws: ``StoreRefusal`` where it cannot be written; then there is no such file.
    func backUp(to path: String) async throws(StoreRefusal)

    /// Records what was taken, turns new work away, and closes the database.
    func close()
}

/// All that a store does.
public typealias Store = SendLogStore & Directory & StoreMaintenance
