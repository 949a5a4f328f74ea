import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Added } from '../../preload/host.ts'
import { AppError, failureText, toFailure } from '../core/failure.ts'
import { excludeTasks } from '../git/repository/exclude-tasks.ts'
import { findFlakeProblem } from '../git/repository/find-flake.ts'
import { inspectRepository } from '../git/repository/inspect-repository.ts'
import { expandHome } from '../lib/files/absolute-path.ts'
import { registerRepository } from '../settings/repositories.ts'

/** Registers the repository in a folder that the user chose; what is in the way is part of the answer. */
export async function addRepository(home: string, path: string, signal: AbortSignal): Promise<Added> {
  try {
    const repository = await inspectRepository(expandHome(path), signal)
    const problem = await findFlakeProblem(repository.path, signal)
    if (problem?.none) return { kind: 'flake-missing', path: repository.path }
    await excludeTasks(repository.path, signal) // First: what cannot be hidden is not registered.
    const { alias } = await registerRepository(home, { path: repository.path })
    return { kind: 'registered', alias, notes: problem ? [`No task can start yet: ${failureText(problem)}`] : [] }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { kind: 'refused', path, failure: toFailure(error) }
  }
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
