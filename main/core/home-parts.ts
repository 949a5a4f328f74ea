/** What of a user's Claude Code lies in its folder as text that makes it theirs; settings, hooks and credentials are not among it. */
export const homeTextParts = ['CLAUDE.md', 'skills', 'agents', 'commands', 'output-styles'] as const

/** With what its settings name: the plugins that are enabled, and the MCP servers that are known by their URL alone. */
export const homeParts = [...homeTextParts, 'plugins', 'mcp-servers'] as const
export type HomePart = (typeof homeParts)[number]
