import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Added } from '../../../preload/host.ts'
import { foundText, isNothing } from '../../core/environment/found.ts'
import { AppError, toFailure } from '../../core/failure.ts'
import { findFlakeProblem } from '../../git/repository/checked-out/find-flake.ts'
import { excludeTasks } from '../../git/repository/exclude-tasks.ts'
import { inspectRepository } from '../../git/repository/inspect-repository.ts'
import { expandHome } from '../../lib/files/absolute-path.ts'
import { listRepositories, type Repository, registerRepository } from '../../settings/repositories.ts'
import { chooseEnvironment } from '../../tasks/environments/choose-environment.ts'
import { findNeeds } from '../../tasks/environments/find-needs.ts'
import { cannotStart, orProblem } from '../../tasks/environments/or-problem.ts'

interface Wish {
  readonly path: string
  /** What its tasks are to work in; left out, the user is asked where that is not the repository's own flake. */
  readonly environment?: 'auto' | 'tools' | 'plain'
}

/** Registers the repository in a folder that the user chose; what is in the way is part of the answer. */
export async function addRepository(home: string, { path, environment }: Wish, signal: AbortSignal): Promise<Added> {
  try {
    const repository = await inspectRepository(expandHome(path), signal)
    const problem = await findFlakeProblem(repository.path, signal)
    if (problem?.none && environment === undefined && !(await worksWithoutFlake(home, repository.path))) {
      const found = await findNeeds(repository.path, signal)
      const { devcontainer } = found
      const devContainer = devcontainer?.problems.length === 0 ? devcontainer.path : null
      if (isNothing(found) && devContainer === null) return { kind: 'flake-missing', path: repository.path }
      const doubts = [...(devcontainer?.problems ?? []), ...found.doubts]
      return { kind: 'tools-found', path: repository.path, found: foundText(found), devContainer, doubts }
    }
    await excludeTasks(repository.path, signal) // First: what cannot be hidden is not registered.
    const wish = environment && { environment: { kind: environment } }
    const registered = await registerRepository(home, { path: repository.path, ...wish })
    return { kind: 'registered', alias: registered.alias, notes: await notesOn(registered, home) }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { kind: 'refused', path, failure: toFailure(error) }
  }
}

/** Whether it is registered already, with an environment that needs no flake of its own: then there is nothing to ask. */
async function worksWithoutFlake(home: string, path: string): Promise<boolean> {
  const known = (await listRepositories(home)).find((one) => one.path === path)
  return known !== undefined && known.environment.kind !== 'auto' && known.environment.kind !== 'flake'
}

/** What the user should know of what tasks will work in, or why none can start. */
async function notesOn(repository: Repository, home: string): Promise<readonly string[]> {
  const { chosen, problem } = await orProblem(chooseEnvironment(repository, { home }))
  return problem ? [cannotStart(problem)] : chosen.notes
}

/** Writes a `flake.nix` at the top of the repository. @throws AppError('repository-invalid') where there is one already. */
export async function writeStarterFlake(path: string, signal: AbortSignal): Promise<string> {
  const repository = await inspectRepository(expandHome(path), signal)
  const file = join(repository.path, 'flake.nix')
  try {
    await writeFile(file, starterFlake, { flag: 'wx' })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const message = code === 'EEXIST' ? `${file} is there already` : `${file} cannot be written: ${code}`
    throw new AppError('repository-invalid', message, { cause })
  }
  return file
}

const starterFlake = `{
  description = "Tools for the agents that work on this project";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { nixpkgs, ... }:
    let
      forAll = nixpkgs.lib.genAttrs [
        "x86_64-linux"
        "aarch64-linux"
        "aarch64-darwin"
      ];
    in
    {
      devShells = forAll (system: {
        default = with nixpkgs.legacyPackages.\${system}; mkShell {
          # What the project needs to be built and tested: nodejs_24, python3, go, ...
          packages = [ git ];
        };
      });
    };
}
`
