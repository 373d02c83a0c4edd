import TestSupport

extension Page {
    /// Presses and releases a key in the focused element.
    func press(_ key: Key, with held: KeyModifiers = []) throws {
        var event: [String: JSON] = [
            "key": .string(key.name), "code": .string(key.code),
            "windowsVirtualKeyCode": .number(Double(key.number)), "modifiers": .number(Double(held.rawValue)),
        ]
        func send(_ type: String) throws {
            event["type"] = .string(type)
            try call("Input.dispatchKeyEvent", .object(event))
        }
        if !key.text.isEmpty, held.isSubset(of: .shift) {
            event["text"] = .string(key.text)
            try send("keyDown")
            event["text"] = nil
        } else {
            try send("rawKeyDown")
        }
        try send("keyUp")
    }

    /// Clicks into a text field and replaces its text, key by key.
    ///
    /// - Throws: if the element cannot be clicked or is not an editable text field.
    func type(_ text: String, into locator: Locator) throws {
        try enter(locator)
        if text.isEmpty { try press(.backspace) }
        for character in text { try press(.character(character)) }
    }

    /// Clicks into a text field and replaces its text at once, as a paste does.
    ///
    /// - Throws: if the element cannot be clicked or is not an editable text field.
    func paste(_ text: String, into locator: Locator) throws {
        try enter(locator)
        try call("Input.insertText", ["text": .string(text)])
    }

    /// Clicks into a text field and selects its text.
    private func enter(_ locator: Locator) throws {
        try click(locator)
        let isWritable = try call(
            """
            function() {
                const types = ['text', 'search', 'email', 'url', 'tel', 'password', 'number', 'textarea'];
                return document.activeElement === this && !this.readOnly
                    && (this.isContentEditable || types.includes(this.type));
            }
            """,
            on: locator
        )
        guard isWritable.isTrue else { throw TestFailure("cannot write into \(locator): it is not a text field") }
        try press(.character("a"), with: .control)
    }

    /// Sets the value of a control without typing, for example a date, and dispatches the events of user input.
    ///
    /// - Throws: if the control does not accept the value.
    func set(_ value: String, in locator: Locator) throws {
        let accepted = try call(
            """
            function(value) {
                if (this.matches(':disabled') || this.readOnly) return null;
                const type = Object.getPrototypeOf(this);
                // The prototype's setter, because a script may have defined a property on the element.
                Object.getOwnPropertyDescriptor(type, 'value').set.call(this, value);
                this.dispatchEvent(new Event('input', { bubbles: true }));
                this.dispatchEvent(new Event('change', { bubbles: true }));
                return this.value;
            }
            """,
            on: locator,
            .string(value)
        )
        guard accepted == .string(value) else {
            throw TestFailure("\(locator) does not accept \(value): \(accepted.plainText)")
        }
    }

    /// Selects an option of a list by its value, and dispatches the events of user input.
    ///
    /// - Throws: if there is no such option, or if it cannot be selected.
    func select(_ value: String, in locator: Locator) throws {
        let problem = try call(
            """
            function(value) {
                if (!(this instanceof HTMLSelectElement)) return 'it is not a select element';
                if (!this.checkVisibility({ visibilityProperty: true })) return 'it is hidden';
                if (this.matches(':disabled')) return 'it is disabled';
                const option = [...this.options].find((option) => option.value === value);
                if (!option) return 'there are only ' + [...this.options].map((option) => option.value).join(', ');
                if (option.matches(':disabled')) return 'the option is disabled';
                this.focus();
                option.selected = true;
                this.dispatchEvent(new Event('input', { bubbles: true }));
                this.dispatchEvent(new Event('change', { bubbles: true }));
                return null;
            }
            """,
            on: locator,
            .string(value)
        )
        guard problem == .null else { throw TestFailure("cannot select \(value) in \(locator): \(problem.plainText)") }
    }
}
