import Testing

/// Names of the schemas, from which generators name the types of a client.
extension APIDocumentTests {
    @Test func `every object and every union has a name`() {
        var count = 0
        func visit(_ value: Any, isNamed: Bool, at path: String) {
            if let values = value as? [Any] {
                for (index, value) in values.enumerated() { visit(value, isNamed: false, at: "\(path)/\(index)") }
            }
            guard let schema = value as? Object else { return }
            let types = schema["type"] as? [String] ?? [schema["type"] as? String ?? ""]
            let choices = (schema["anyOf"] ?? schema["oneOf"]) as? [Object] ?? []
            // A reference that may be null needs no name: generators make it optional.
            let isNullable = choices.count == 2 && choices[0]["$ref"] != nil && choices[1]["type"] as? String == "null"
            if !isNamed, !isNullable {
                #expect(!types.contains("object") && choices.isEmpty, "\(path) has no name")
            }
            count += choices.isEmpty && !types.contains("object") ? 0 : 1
            for (keyword, value) in schema {
                switch keyword {
                // Conditions on an object that has a name, and values.
                case "if", "then", "else", "not", "const", "default", "enum", "examples": continue
                case "properties":
                    for (name, value) in object(value) { visit(value, isNamed: false, at: "\(path)/\(name)") }
                default: visit(value, isNamed: false, at: "\(path)/\(keyword)")
                }
            }
        }
        for (name, schema) in object(object(document["components"])["schemas"]) {
            #expect(object(schema)["title"] as? String == name)
            visit(schema, isNamed: true, at: name)
        }
        for operation in operations {
            var contents: [Any?] = [object(operation.body["requestBody"])["content"]]
            contents += object(operation.body["responses"]).values.map { object($0)["content"] }
            for schema in contents.flatMap({ object($0).values }).map({ object($0)["schema"] as Any }) {
                visit(schema, isNamed: false, at: operation.name)
            }
            for parameter in operation.body["parameters"] as? [Any] ?? [] {
                visit(object(parameter)["schema"] as Any, isNamed: false, at: operation.name)
            }
        }
        #expect(count > 50)
    }
}
