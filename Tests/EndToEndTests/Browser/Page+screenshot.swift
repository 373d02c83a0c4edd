import Foundation
import TestSupport

extension Page {
    /// Writes a screenshot of the page to a PNG file.
    ///
    /// - Parameters:
    ///   - path: the path of the file
    ///   - fullPage: whether to capture the whole page, not only the window
    /// - Throws: if there is no screenshot, or if the file cannot be written.
    func screenshot(to path: String, fullPage: Bool = false) throws {
        var parameters: [String: JSON] = ["format": "png"]
        if fullPage {
            let size = try call("Page.getLayoutMetrics")["cssContentSize"].members
            parameters["clip"] = .object(size.merging(["scale": 1]) { first, _ in first })
            parameters["captureBeyondViewport"] = true
        }
        let response = try call("Page.captureScreenshot", .object(parameters), atMost: 60)
        guard let image = Data(base64Encoded: response["data"].plainText) else {
            throw TestFailure("Chromium made no screenshot of \(try url)")
        }
        try image.write(to: URL(filePath: path))
    }
}
