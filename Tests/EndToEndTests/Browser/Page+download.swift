import Foundation
import Synchronization
import TestSupport

/// A file that a page gave its user.
struct Download: Sendable {
    let url: String
    /// The name it would be stored under.
    let name: String
    let bytes: [UInt8]
}

/// How the download into a folder goes.
///
/// Chromium tells everybody of all downloads, those of other pages too. Only where a file lies in the end says whose it
/// is.
private final class DownloadProgress: Sendable {
    struct State {
        var begun: [String: (url: String, name: String)] = [:]
        var complete: (url: String, name: String, path: String)?
    }

    let state = Mutex(State())
    private let folder: String

    init(into folder: String) {
        self.folder = folder
    }

    func receive(_ event: String, _ parameters: JSON) {
        let id = parameters["guid"].plainText
        state.withLock { state in
            if event == "Browser.downloadWillBegin" {
                state.begun[id] = (parameters["url"].plainText, parameters["suggestedFilename"].plainText)
            } else if event == "Browser.downloadProgress", parameters["state"] == "completed",
                let path = parameters["filePath"].string, path.hasPrefix("\(folder)/"), let file = state.begun[id]
            {
                state.complete = (file.url, file.name, path)
            }
        }
    }
}

extension Page {
    /// Does something that downloads a file, and waits for all of it.
    ///
    /// - Throws: where no download begins, or it is not complete in time.
    func download(atMost seconds: Double = 60, by action: () throws -> Void) throws -> Download {
        let (devTools, folder) = (browser.devTools, try TemporaryFolder())
        let progress = DownloadProgress(into: folder.path)
        // Only a session with the browser can say where the downloads of a context go.
        let session = try devTools.call("Target.attachToBrowserTarget")["sessionId"].plainText
        devTools.listen(to: session) { progress.receive($0, $1) }
        defer {
            devTools.listen(to: session, nil)
            devTools.post("Target.detachFromTarget", ["sessionId": .string(session)])
        }
        try devTools.call(
            "Browser.setDownloadBehavior",
            [
                "behavior": "allowAndName", "browserContextId": .string(context), "downloadPath": .string(folder.path),
                "eventsEnabled": true,
            ],
            session: session
        )
        try action()
        _ = Deadline.poll(for: seconds) { progress.state.withLock { $0.complete != nil } }
        let state = progress.state.withLock { $0 }
        guard let file = state.complete else {
            let begun = state.begun.values.map(\.url).sorted().joined(separator: ", ")
            let what = begun.isEmpty ? "no download began" : "no download was completed, of \(begun) in all pages,"
            throw TestFailure("\(what) within \(seconds) s")
        }
        let bytes = try Data(contentsOf: URL(filePath: file.path))
        return Download(url: file.url, name: file.name, bytes: Array(bytes))
    }
}
