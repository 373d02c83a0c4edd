import SendLogCore
import SendLogScheduling

/// Changes organisations and keys, which every node of a Citus cluster stores.
extension PostgresStore {
    /// Runs a short change that every node of a Citus cluster stores.
    ///
    /// It is work on all nodes, and not of the organisation, whose own node may be available.
    ///
    /// - Throws: ``StoreError``; if only another node of the cluster failed, its detail says that all are needed.
    func performOnEveryNode<Result: Sendable>(
        _ body: @escaping @Sendable (Connection) throws -> Result
    ) async throws(StoreError) -> Result {
        do throws(StoreError) {
            return try await performShort(for: .allNodes, body)
        } catch {
            guard case .unavailable(let why, let detail) = error, [.unreachable, .inputOutput].contains(why),
                await isOnCitus
            else { throw error }
            throw .unavailable(why, detail: "every node of the Citus cluster must be available for this: \(detail)")
        }
    }

    /// Whether the database responds and is on Citus.
    private var isOnCitus: Bool {
        get async {
            let rows = try? await performShort(for: .server) { connection in
                try connection.rows("SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')")
            }
            return rows?.boolean(0, 0) ?? false
        }
    }
}
