import type { IconName } from '../../../parts/icon.tsx'

const toolIcons: Readonly<Record<string, IconName>> = {
  Bash: 'terminal',
  Read: 'file',
  Edit: 'pencil',
  MultiEdit: 'pencil',
  Write: 'pencil',
  NotebookEdit: 'pencil',
  Grep: 'search',
  Glob: 'search',
  WebFetch: 'globe',
  WebSearch: 'globe',
  TodoWrite: 'list',
  Task: 'slots',
}

/** By the name that Claude Code gives the tool. */
export const toolIcon = (tool: string): IconName => toolIcons[tool] ?? 'gear'
