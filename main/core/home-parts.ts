/** What of a user's Claude Code is text that makes it theirs; settings, hooks, plugins and credentials are not among it. */
export const homeParts = ['CLAUDE.md', 'skills', 'agents', 'commands', 'output-styles'] as const
export type HomePart = (typeof homeParts)[number]
