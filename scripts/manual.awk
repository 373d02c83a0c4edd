# Makes a page of swift-argument-parser's generate-manual a page as man(1) expects it: sendlog-key-create(1), which
# apropos finds, with paragraphs where the help has empty lines, and with the sections of the file in the variable "files".
/^\.Dt / { gsub(/\./, "-", $2); print ".Dt", $2, $3; next }
/^\.Nm "/ || /^\.Nm sendlog$/ {
    gsub(/^\.Nm "?|"$/, "")
    command = $0
    gsub(/ /, "-")
    print ".Nm", $0
    next
}
/^\.Nm$/ { print ".Nm \"" command "\""; next }
/^\.Xr / && $2 == "sendlog.help" { next }
/^\.Xr / { gsub(/\./, "-", $2); print; next }
/^\.Sh "EXIT STATUS"$/ { while ((getline line <files) > 0) print line; print; next }
/^\.Ex -std$/ { print ".Ex -std sendlog"; next }
/^$/ { print ".Pp"; next }
# Examples in the help are indented.
/^  / { if (!indented) print ".Bd -literal"; indented = 1; print; next }
indented { print ".Ed"; indented = 0 }
{ print }
