import ArgumentParser
import Foundation
import SendLogCore
import SendLogServer

/// A command's failure, described for its user.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
