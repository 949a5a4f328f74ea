import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { run } from '../../../main/lib/processes/spawn.ts'

export interface ClaudeCodeRun {
  readonly prompt: string
  /** Of the scripted API. */
  readonly apiUrl: string
  /** Our MCP endpoint; left out, Claude Code runs without servers. */
  readonly mcpUrl?: string
  /** What it sends to the endpoint with every request, as `claude mcp add --header` has it. */
  readonly mcpHeaders?: Readonly<Record<string, string>>
  readonly allowedTools: readonly string[]
  /** Where it works; left out, in an empty folder. */
  readonly directory?: string
  readonly timeoutMs?: number
  readonly budgetUsd?: number
  /** Added to its environment; in place of what that has otherwise. */
  readonly env?: Readonly<Record<string, string>>
}

export interface ClaudeCodeResult {
  readonly exitCode: number | null
  /** The lines of `--output-format stream-json`, parsed. */
  readonly events: readonly StreamEvent[]
  readonly stderr: string
}

export interface StreamEvent {
  readonly type: string
  readonly [field: string]: unknown
}

/** The native program of the npm package for this system, whatever folder it was installed into. */
export function claudeCodeProgram(): string {
  const require = createRequire(import.meta.url)
  const wrapper = require.resolve('@anthropic-ai/claude-code/package.json')
  const native = `@anthropic-ai/claude-code-${process.platform}-${process.arch}/package.json`
  return join(dirname(createRequire(wrapper).resolve(native)), 'claude')
}

/**
 * The real Claude Code on this host, in a home and a folder of its own, with nothing of the user's: `-p` with the prompt, and our
 * endpoint as its only MCP server.
 */
export async function runClaudeCode(
  {
    prompt,
    apiUrl,
    mcpUrl,
    mcpHeaders = {},
    allowedTools,
    directory,
    timeoutMs = 600_000,
    budgetUsd,
    env,
  }: ClaudeCodeRun,
  signal?: AbortSignal,
): Promise<ClaudeCodeResult> {
  const home = await mkdtemp(join(await realpath(tmpdir()), 'claude-home-'))
  try {
    const configuration = join(home, 'mcp.json')
    const servers =
      mcpUrl === undefined ? {} : { microvm: { type: 'http', url: mcpUrl, headers: mcpHeaders, alwaysLoad: true } }
    await writeFile(configuration, JSON.stringify({ mcpServers: servers }))
    const args = [
      ...['-p', '--output-format', 'stream-json', '--verbose'],
      ...['--mcp-config', configuration, '--strict-mcp-config', '--allowedTools', allowedTools.join(',')],
      ...(budgetUsd === undefined ? [] : ['--max-budget-usd', String(budgetUsd)]),
    ]
    const result = await run(
      claudeCodeProgram(),
      args,
      { cwd: directory ?? home, env: { ...environment(home, apiUrl), ...env }, input: prompt, timeoutMs },
      signal,
    )
    return { exitCode: result.exitCode, stderr: result.stderr, events: parseLines(result.stdout) }
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

const environment = (home: string, apiUrl: string): Record<string, string> => ({
  PATH: process.env.PATH ?? '/usr/bin:/bin',
  HOME: home,
  ANTHROPIC_BASE_URL: apiUrl,
  ANTHROPIC_API_KEY: 'sk-ant-scripted-host',
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  CLAUDE_CODE_MAX_RETRIES: '1',
  DISABLE_AUTOUPDATER: '1',
  DISABLE_TELEMETRY: '1',
  DISABLE_ERROR_REPORTING: '1',
})

const parseLines = (output: string): StreamEvent[] =>
  output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as StreamEvent)

export interface ToolExchange {
  readonly name: string
  readonly input: unknown
  /** What the tool answered, as the model read it. */
  readonly text: string
}

/** Each use of a tool with its answer, in order. */
export function toolExchanges(events: readonly StreamEvent[]): readonly ToolExchange[] {
  const uses = new Map<string, { name: string; input: unknown }>()
  const exchanges: ToolExchange[] = []
  for (const event of events) {
    const { content } = (event.message ?? {}) as { content?: unknown }
    if (!Array.isArray(content)) continue
    for (const block of content as readonly Record<string, unknown>[]) {
      if (block.type === 'tool_use') uses.set(String(block.id), { name: String(block.name), input: block.input })
      const used = block.type === 'tool_result' ? uses.get(String(block.tool_use_id)) : undefined
      if (used) exchanges.push({ ...used, text: plainText(block.content) })
    }
  }
  return exchanges
}

const plainText = (content: unknown): string =>
  typeof content === 'string'
    ? content
    : (content as readonly { text?: string }[]).map(({ text = '' }) => text).join('\n')
