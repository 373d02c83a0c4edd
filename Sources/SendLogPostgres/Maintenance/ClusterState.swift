/// The state of a Citus cluster, as one of its nodes reports it.
struct ClusterState {
    /// A node of the cluster.
    struct Node {
        /// The host and port by which the other nodes connect to it.
        let name: String
        /// Whether the cluster uses the node.
        let isActive: Bool
        /// The node's setting `wal_level`; `nil` if the node cannot be reached.
        let walLevel: String?
    }

    /// A background job, such as the rebalancing of shards.
    struct Job {
        /// Why a job makes no progress.
        enum State: String {
            /// No background worker has started it, and no other job is running.
            case scheduled
            /// Its task fails, and is retried.
            case retried
            /// It has ended without success.
            case failed
        }

        let id: Int64
        /// What the job does, such as `rebalance`.
        let type: String
        let state: State
        /// How often its current task has failed.
        let retries: Int64
        /// The message of the task's last failure.
        let message: String

        /// The first line of the message, without the labels that Citus puts before it.
        var cause: String {
            var line = message.prefix { !$0.isNewline }
            while line.hasPrefix("ERROR:") { line = line.dropFirst(6).drop { $0 == " " } }
            return String(line)
        }

        /// The finding, as a text for the operator.
        var finding: String {
            let name = "the background job \(id) (\(type))"
            let cause = cause.isEmpty ? "" : " (\(cause))"
            switch state {
            case .scheduled:
                return """
                    \(name) does not start; raise max_worker_processes on the coordinator, where every database with Citus needs one, and \
                    each job several
                    """
            case .retried:
                return """
                    \(name) makes no progress: its task has failed \(retries) times\(cause), and is retried; correct the cause, or cancel the \
                    job with SELECT citus_job_cancel(\(id))
                    """
            case .failed: return "\(name) has failed\(cause); correct the cause, and start it again"
            }
        }
    }

    /// The role that this program uses, and that the nodes use between each other.
    var role: String
    var nodes: [Node] = []
    /// The pairs of nodes of which the first cannot connect to the second.
    var brokenConnections: [(from: String, to: String)] = []
    /// The jobs that make no progress.
    var jobs: [Job] = []

    /// Whether statements about all organisations fail.
    var hasUnreachableNode: Bool { nodes.contains { $0.isActive && $0.walLevel == nil } }

    /// The findings, as texts for the operator.
    var findings: [String] {
        nodeFindings + jobs.map(\.finding)
    }

    private var nodeFindings: [String] {
        var findings = nodes.filter { !$0.isActive }.map { "the node \($0.name) is not active" }
        for node in nodes where node.isActive && node.walLevel == nil {
            findings.append(
                """
                the node \(node.name) cannot be reached as \(role), so the data was not checked; start it, or let \(role) connect to it from \
                every node (pg_hba.conf there, the password in pg_dist_authinfo here)
                """
            )
        }
        for (from, to) in brokenConnections {
            findings.append(
                """
                the node \(from) cannot connect to \(to) as \(role): requests that come through \(from) fail; let \(role) connect \
                (pg_hba.conf there, the password in pg_dist_authinfo of \(from))
                """
            )
        }
        let withoutDecoding = nodes.filter { $0.isActive && $0.walLevel != nil && $0.walLevel != "logical" }
        if !withoutDecoding.isEmpty {
            findings.append(
                """
                wal_level is not logical on \(withoutDecoding.map(\.name).joined(separator: ", ")): citus_rebalance_start() moves no shard; \
                set wal_level = logical on every node, and restart it
                """
            )
        }
        return findings
    }
}
