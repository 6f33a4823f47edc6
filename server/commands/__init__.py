"""The command line: `flask <group> <command>`."""
