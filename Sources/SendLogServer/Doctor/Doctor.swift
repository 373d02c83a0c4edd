import SendLogCore
import SendLogHTTP

/// Looks at what an operator should look at, while a server runs or not, and changes nothing.
public struct Doctor: Sendable {
    private let configuration: ServiceConfiguration
    private let maxBackupAge: Int

    /// Creates a doctor for the server with a configuration.
    ///
    /// - Parameters:
    ///   - configuration: the configuration
    ///   - maxBackupAge: the largest age of the last backup in days; 0 for any
    public init(_ configuration: ServiceConfiguration, maxBackupAge: Int) {
        (self.configuration, self.maxBackupAge) = (configuration, maxBackupAge)
    }

    /// Runs all checks, which takes some seconds; the calling thread waits.
    ///
    /// - Returns: the findings, the most urgent ones first.
    public func findings() -> [DoctorFinding] {
        let (database, now) = (configuration.database, ServiceClock.now())
        var findings = FileModesCheck.findings(of: database)
        findings += configuration.file.flatMap { FileModesCheck.configurationFinding($0) }.map { [$0] } ?? []
        findings += FreeSpaceCheck.findings(of: database)
        findings += WALCheck.finding(of: database).map { [$0] } ?? []
        findings += LastBackupCheck.findings(of: database, maxAge: maxBackupAge, at: now)
        // Before this process opens the database itself.
        let limit = OpenFilesCheck.limit(for: database)
        let maxConnections = configuration.server.maxConnections
        findings += OpenFilesCheck.finding(maxConnections: maxConnections, limit).map { [$0] } ?? []
        findings += AddressCheck.finding(configuration.server).map { [$0] } ?? []
        findings += contents(at: now)
        // `sort` keeps no order of equal elements.
        return DoctorFinding.Severity.allCases.reversed().flatMap { severity in
            findings.filter { $0.severity == severity }
        }
    }

    /// Returns the finding about settings with which no server starts.
    public static func finding(_ error: ConfigurationError) -> DoctorFinding {
        let advice = "correct the setting; until then, nothing else is checked"
        return DoctorFinding(.settings, .problem, "\(error)", advice: advice)
    }

    private func contents(at now: Timestamp) -> [DoctorFinding] {
        let inspection: any DatabaseInspection
        do throws(StoreSetupError) { inspection = try configuration.database.inspect() } catch {
            let advice =
                error.isMissing
                ? "create one with sendlog organisation create, or name another with --database; if a server had it open, read "
                    + "docs/operation.md before the server stops, because the server may have the only copy"
                : "run sendlog doctor as the user that runs the server; if you did, the server cannot use the database either: "
                    + "correct what the message names"
            return [DoctorFinding(.database, .problem, "\(error)", advice: advice)]
        }
        defer { inspection.close() }
        if inspection.needsMigration {
            let message = "\(configuration.database) has the tables of an earlier version, and was not checked"
            let advice = "back it up, and start this version of the server, which migrates it"
            return [DoctorFinding(.database, .note, message, advice: advice)]
        }
        let looks: [(check: DoctorFinding.Check, look: () throws -> [DoctorFinding])] = [
            (.database, { try ContentsChecks.setUp(inspection) }),
            (.damage, { try ContentsChecks.damage(inspection) }),
            (.clock, { try ClockCheck.findings(inspection, at: now) }),
            (.webhooks, { try ContentsChecks.webhooks(inspection, at: now) }),
            (.keys, { try ContentsChecks.keys(inspection) }),
        ]
        return looks.flatMap { check, look in
            do { return try look() } catch { return [Self.failed(check, error)] }
        }
    }

    /// Returns the finding about a check that was not completed.
    private static func failed(_ check: DoctorFinding.Check, _ error: any Error) -> DoctorFinding {
        switch error {
        case is InspectionTimedOut:
            let message = "the check \(check.rawValue) was not completed: the database is too large or too busy"
            return DoctorFinding(check, .note, message, advice: "run sendlog doctor again when less is recorded")
        case StoreError.corrupted(let detail): return ContentsChecks.damage("the database is damaged: \(detail)")
        case StoreError.unavailable(let why, let detail):
            let message = "the check \(check.rawValue) was not completed: \(why.rawValue) (\(detail))"
            return DoctorFinding(check, .warning, message, advice: "run sendlog doctor again")
        default:
            let message = "the check \(check.rawValue) was not completed: \(error)"
            return DoctorFinding(check, .warning, message, advice: "run sendlog doctor again")
        }
    }
}
