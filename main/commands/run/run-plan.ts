import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { AppError } from '../../core/failure.ts'
import { connectToServer } from '../../web/client.ts'
import type { Terminal } from '../terminal/terminal.ts'

/** Starts the tasks of a plan that a file holds as JSON, in the form of the tool `run_plan`. Prints the plan's id, then a line with name and id for each task. */
export async function runPlan(terminal: Terminal, file: string): Promise<void> {
  const plan = parse(file === '-' ? await text(process.stdin) : await read(file), file)
  const server = await connectToServer(terminal.home)
  // The server checks every field, and says what is wrong with which.
  const { plan_id, tasks } = await server.call('run_plan', { ...plan, client: 'cli' } as never)
  terminal.say(plan_id)
  for (const [name, id] of Object.entries(tasks)) terminal.say(`  ${id}  ${name}`)
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new AppError('argument-invalid', `${file} cannot be read: ${(cause as NodeJS.ErrnoException).code}`, {
      hint: 'Name a file with the plan as JSON, or - for standard input',
      cause,
    })
  }
}

function parse(json: string, file: string): object {
  try {
    const plan: unknown = JSON.parse(json)
    if (typeof plan === 'object' && plan !== null && !Array.isArray(plan)) return plan
  } catch {
    // Told below.
  }
  throw new AppError('argument-invalid', `${file === '-' ? 'Standard input' : file} is no JSON object`, {
    hint: 'A plan is {"tasks": [{"name": "...", "repo": "...", "description": "...", "after": ["..."]}, ...]}',
  })
}
