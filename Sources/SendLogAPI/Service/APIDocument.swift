/// The OpenAPI document of this service, embedded in the binary.
public enum APIDocument {
    /// The document in JSON.
    public static var bytes: [UInt8] { PackageResources.openapi_json }
}
