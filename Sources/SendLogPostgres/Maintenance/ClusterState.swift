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
        let id: Int64
        /// What the job does, such as `rebalance`.
        let type: String
        /// Whether the job has ended without success.
        let hasFailed: Bool
        /// How often its current task has failed and was retried.
        let retries: Int64
        /// The message of the task's last failure.
        let message: String

        /// The first line of the message, without the labels that Citus puts before it.
        var cause: String {
            var line = message.prefix { !$0.isNewline }
            while line.hasPrefix("ERROR:") { line = line.dropFirst(6).drop { $0 == " " } }
            return String(line)
        }
    }

    /// The role that this program uses, and that the nodes use between each other.
    var role: String
    var nodes: [Node] = []
    /// The pairs of nodes of which the first cannot connect to the second.
    var brokenConnections: [(from: String, to: String)] = []
    /// The jobs that have failed, or make no progress.
    var jobs: [Job] = []

    /// Whether statements about all organisations fail.
    var hasUnreachableNode: Bool { nodes.contains { $0.isActive && $0.walLevel == nil } }

    /// The findings, as texts for the operator.
    var findings: [String] {
        nodeFindings
            + jobs.map { job in
                let cause = job.cause.isEmpty ? "" : " (\(job.cause))"
                return job.hasFailed
                    ? "the background job \(job.id) (\(job.type)) has failed\(cause); correct the cause, and start it again"
                    : """
                    the background job \(job.id) (\(job.type)) makes no progress: its task was retried \(job.retries) times\(cause); correct the \
                    cause, or cancel it with SELECT citus_job_cancel(\(job.id))
                    """
            }
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
