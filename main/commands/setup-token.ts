import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { AppError } from '../core/failure.ts'
import { ensurePrivateFolder } from '../lib/files/private-folder.ts'
import { findTool } from '../lib/processes/find-tool.ts'
import { claudeBeside } from '../lib/processes/own-command.ts'
import { runAttached } from '../lib/processes/spawn.ts'
import { storeToken } from '../settings/token.ts'
import type { Terminal } from './terminal/terminal.ts'
import { tokenFromOutput } from './terminal/token-from-output.ts'

/** Claude Code of the user's PATH, else the one that came with our own packages. */
const claudeOfHost = async (): Promise<string | undefined> => (await findTool('claude')) ?? claudeBeside()

/** Runs `claude setup-token` on the user's own terminal, takes the token from what it shows, and stores it. */
export async function setupToken(terminal: Terminal, findClaude = claudeOfHost): Promise<void> {
  const claude = await findClaude()
  if (!claude) {
    throw new AppError('host-incomplete', 'Claude Code is not installed, and its setup-token command makes the token', {
      hint: 'Run: npm install -g @anthropic-ai/claude-code, then try again; or set ANTHROPIC_API_KEY',
    })
  }
  const token = (await runAndWatch(terminal.home, claude)) ?? (await askForToken())
  terminal.say(`Stored: ${await storeToken(terminal.home, token)}`)
}

/** The token, or undefined when it ran and showed none that we recognise. Nothing of its output stays on disk. */
async function runAndWatch(home: string, claude: string): Promise<string | undefined> {
  const folder = join(home, 'setup-token')
  // One that was killed may have left its own.
  await rm(folder, { recursive: true, force: true })
  await ensurePrivateFolder(folder)
  try {
    const transcript = join(folder, 'transcript')
    const script = await findTool('script')
    const exitCode = script
      ? await runAttached(script, scriptArguments(claude, transcript))
      : await runAttached(claude, ['setup-token'])
    if (exitCode !== 0) {
      throw new AppError('host-incomplete', `claude setup-token ended with status ${exitCode ?? 'unknown'}`, {
        hint: 'See what it said above',
      })
    }
    return script ? tokenFromOutput(await readFile(transcript, 'utf8')) : undefined
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** `script` gives a program a terminal and keeps what it shows; its options differ between Linux and the BSDs. */
function scriptArguments(claude: string, transcript: string): readonly string[] {
  if (process.platform !== 'linux') return ['-q', transcript, claude, 'setup-token']
  const quoted = `'${claude.replaceAll("'", "'\\''")}'`
  return ['--quiet', '--return', '--flush', '--command', `${quoted} setup-token`, transcript]
}

async function askForToken(): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new AppError('key-missing', 'claude setup-token showed no token', {
      hint: 'Run it in a terminal, or set CLAUDE_CODE_OAUTH_TOKEN to the token that it printed',
    })
  }
  using lines = createInterface({ input: process.stdin, output: process.stderr })
  const answer = (await lines.question('Paste the token that it printed: ')).trim()
  if (/^sk-ant-[A-Za-z0-9_-]+$/.test(answer)) return answer
  throw new AppError('token-unsafe', 'That is not a token', { hint: 'It starts with sk-ant- and has no spaces' })
}
