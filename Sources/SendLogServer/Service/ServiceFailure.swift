import Foundation
import SendLogContent
import SendLogCore
import UnixSignals

/// The reason for which a server did not start or stopped, for the operator.
public struct ServiceFailure: Error, CustomStringConvertible {
    /// The description of the failure.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
