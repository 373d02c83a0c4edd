/// The OpenAPI document of this service, embedded in the binary.
public enum APIDocument {
    /// The document in JSON.
    public static var bytes: [UInt8] { PackageResources.openapi_json }

    /// Returns the document of a server that a proxy publishes under a base path.
    static func bytes(below basePath: String) -> [UInt8] {
        guard !basePath.isEmpty else { return bytes }
        let document = String(decoding: bytes, as: UTF8.self)
        // The first URL is the server's, relative to the document.
        return Array(document.replacing(#""url": "/""#, with: #""url": "\#(basePath)""#, maxReplacements: 1).utf8)
    }
}
