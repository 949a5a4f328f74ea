import { type EnvironmentWish, environmentText, type TaskEnvironment } from '../../core/environment/environment.ts'
import { type Found, type FoundDevContainer, foundText, isNothing } from '../../core/environment/found.ts'
import { AppError, errorOf } from '../../core/failure.ts'
import { unreachable } from '../../core/unreachable.ts'
import { readFlakeFiles } from '../../environment/flake-files.ts'
import { mayOfferShell } from '../../environment/flake-offers-shell.ts'
import { type Kept, keepEnvironment } from '../../environment/kept-environment.ts'
import { committedFlake } from '../../git/repository/checked-out/committed-flake.ts'
import { type FlakeProblem, findFlakeProblem } from '../../git/repository/checked-out/find-flake.ts'
import { OfCheckedOut } from '../../git/repository/checked-out/of-checked-out.ts'
import { requireFlake } from '../admission/require-flake.ts'
import { findNeeds } from './find-needs.ts'

export interface Chosen {
  readonly environment: TaskEnvironment
  /** What was found, where tools are used. */
  readonly found?: Found
  /** One sentence each, for whoever asked for the task. */
  readonly notes: readonly string[]
}

export interface Asked {
  readonly alias: string
  readonly path: string
  readonly environment?: EnvironmentWish
}

export interface ChooseOptions {
  readonly home: string
  /** Whether a flake that was made is made again, though the user has edited it. */
  readonly again?: boolean
}

/**
 * What a task of the repository works in, with all of that ready.
 * @throws AppError('flake-missing' | 'repository-invalid' | 'environment-invalid' | 'home-unusable') when no task can start.
 */
export async function chooseEnvironment(asked: Asked, { home, again = false }: ChooseOptions): Promise<Chosen> {
  const chosen = await decideEnvironment(asked)
  if (!chosen.found) return chosen
  const kept = await keepEnvironment(home, asked, chosen.found, { again })
  return { ...chosen, notes: [...noteOf(asked, kept), ...chosen.notes] }
}

/** The same with nothing made ready: it only looks. @throws as that does. */
export async function decideEnvironment(asked: Asked): Promise<Chosen> {
  const { path, environment = { kind: 'auto' } } = asked
  switch (environment.kind) {
    case 'auto':
      return await decideByItself(asked)
    case 'flake':
      await requireFlake(path)
      return { environment, notes: [] }
    case 'plain':
      await requireCommit(path)
      return { environment, notes: [] }
    case 'folder':
      await requireCommit(path)
      await readFlakeFiles(environment.path)
      return { environment, notes: [] }
    case 'devcontainer': {
      await requireCommit(path)
      const { devcontainer } = await findNeeds(path)
      if (devcontainer && devcontainer.problems.length === 0) return inContainer(devcontainer)
      throw noContainer(asked, devcontainer)
    }
    case 'tools': {
      await requireCommit(path)
      const found = await findNeeds(path)
      if (isNothing(found)) throw nothingFound(asked, found)
      return withTools(found)
    }
    default:
      return unreachable(environment)
  }
}

interface OwnFlake {
  readonly problem: FlakeProblem | null
  readonly hasShell: boolean
}

const ownFlakes = new OfCheckedOut(findOwnFlake, ({ hasShell }) => hasShell)

async function findOwnFlake(path: string): Promise<OwnFlake> {
  const text = await committedFlake(path)
  if (text !== undefined) return { problem: null, hasShell: mayOfferShell(text) }
  const problem = await findFlakeProblem(path)
  return { problem, hasShell: !problem } // What cannot be read here is for Nix to judge.
}

async function decideByItself(asked: Asked): Promise<Chosen> {
  const { path } = asked
  const own = { environment: { kind: 'flake' }, notes: [] } as const
  const { problem, hasShell } = await ownFlakes.of(path)
  // What is there and not as it must be is the user's intent: its cure is better than a guess.
  if (problem && !problem.none) throw errorOf(problem)
  if (hasShell) return own
  const found = await findNeeds(path)
  const withoutShell = problem ? [] : [noShell]
  if (found.devcontainer?.problems.length === 0) return { ...inContainer(found.devcontainer), notes: withoutShell }
  if (isNothing(found)) {
    if (!problem) return own // The guest says what its flake lacks.
    throw new AppError('flake-missing', problem.message, { hint: `${problem.hint}. ${cureOf(asked, found)}` })
  }
  const chosen = withTools(found)
  return { ...chosen, notes: [...withoutShell, ...chosen.notes] }
}

const noShell = 'The flake.nix of the repository has no devShells: what its other files ask for is used'

const withTools = (found: Found): Chosen => ({
  ...{ environment: { kind: 'tools' }, found, notes: devcontainerNote(found) },
})

/** The one difference that a user should see. */
function noteOf({ alias, path }: Asked, kept: Kept): readonly string[] {
  if (kept.kind !== 'changed' && kept.kind !== 'edited') return []
  const difference = [...kept.added.map((name) => `+${name}`), ...kept.removed.map((name) => `-${name}`)].join(' ')
  return [
    kept.kind === 'changed'
      ? `The environment was made again, because the repository asks for other tools: ${difference}`
      : `The repository asks for other tools (${difference}), and environments/${alias}/flake.nix was edited, so it stays as it is; microvm-orchestrator allow ${path} --environment tools makes it again`,
  ]
}

const inContainer = ({ path }: FoundDevContainer): Chosen => ({
  environment: { kind: 'devcontainer', file: path },
  notes: [],
})

const devcontainerNote = ({ devcontainer }: Found): readonly string[] =>
  devcontainer && devcontainer.problems.length > 0 ? [`The dev container is not used: ${devcontainer.problems[0]}`] : []

function noContainer(asked: Asked, devcontainer: FoundDevContainer | null): AppError {
  const { path } = asked
  if (!devcontainer) {
    return new AppError('environment-invalid', `No dev container is committed in ${path}`, {
      hint: `Commit a .devcontainer/devcontainer.json. ${plainCure(asked)}`,
    })
  }
  const [first, ...others] = devcontainer.problems
  return new AppError('environment-invalid', `No task can work in the dev container of ${path}: ${first}`, {
    hint: [...others, `Change it, or run: microvm-orchestrator allow ${path} --environment tools (or plain)`].join(
      '. ',
    ),
  })
}

/** A path or branch that no task can start from is refused as before, whatever the tools. */
async function requireCommit(path: string): Promise<void> {
  const problem = await findFlakeProblem(path)
  if (problem?.code === 'repository-invalid') throw errorOf(problem)
}

/** What was found in vain, and the way out. */
const cureOf = (asked: Asked, { devcontainer, doubts }: Found): string =>
  [...(devcontainer?.problems ?? []).slice(0, 3), ...doubts.slice(0, 3), plainCure(asked)].join('. ')

const nothingFound = (asked: Asked, found: Found): AppError =>
  new AppError('environment-invalid', `No file that is committed in ${asked.path} says which tools it needs`, {
    hint: cureOf(asked, found),
  })

const plainCure = ({ path }: Asked): string =>
  `To work with the guest's own tools, run: microvm-orchestrator allow ${path} --environment plain`

/** `Node 24, pnpm 10 (environments/ALIAS/flake.nix)`, or the word. */
export function chosenText(alias: string, { environment, found }: Chosen): string {
  switch (environment.kind) {
    case 'tools':
      return found
        ? `tools that its files ask for: ${foundText(found)} (environments/${alias}/flake.nix)`
        : environmentText(environment)
    case 'plain':
      return "the guest's own tools"
    case 'devcontainer':
      return `the dev container of ${environment.file}`
    case 'flake':
      return "the repository's flake.nix"
    case 'folder':
      return environmentText(environment)
    default:
      return unreachable(environment)
  }
}
