import { execFile } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** Fixed identity and time: the same steps give the same commit ids on every machine. */
const environment = {
  PATH: process.env.PATH ?? '/usr/bin:/bin',
  HOME: '/nonexistent',
  LC_ALL: 'C',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Ada Author',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
  GIT_AUTHOR_DATE: '1700000000 +0100',
  GIT_COMMITTER_NAME: 'Carl Committer',
  GIT_COMMITTER_EMAIL: 'carl@example.com',
  GIT_COMMITTER_DATE: '1700000001 +0000',
}

/** Runs git as a user would, with no configuration of this machine. Answers what it printed, with no final newline. */
export async function gitIn(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { stdout } = await execute('git', [...args], {
    cwd: folder,
    env: { ...environment, ...env },
    maxBuffer: 256 * 1024 * 1024,
  })
  return stdout.replace(/\n$/, '')
}

type Content = string | Uint8Array

/** Files by their path below the folder; null deletes one. */
export type Files = Readonly<Record<string, Content | null>>

export async function writeFiles(folder: string, files: Files): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const full = join(folder, path)
    if (content === null) {
      await rm(full, { recursive: true })
      continue
    }
    await mkdir(dirname(full), { recursive: true })
    await writeFile(full, content)
  }
}

/** Writes the files and commits everything that is not ignored. Answers the commit's id. */
export async function commitFiles(folder: string, files: Files, message = 'Change files'): Promise<string> {
  await writeFiles(folder, files)
  await gitIn(folder, ['add', '--all'])
  await gitIn(folder, ['commit', '--quiet', '--allow-empty', '--message', message])
  return await gitIn(folder, ['rev-parse', 'HEAD'])
}

export interface RepositoryOptions {
  /** What the first commit holds beside flake.nix. */
  readonly files?: Files
  readonly branch?: string
  readonly objectFormat?: 'sha1' | 'sha256'
  /** Left out, the offline flake; null for none. */
  readonly flake?: string | null
}

/** A repository in `folder` (made when missing) with one commit, on branch `main`, ready for tasks. Answers its commit. */
export async function makeRepository(folder: string, options: RepositoryOptions = {}): Promise<string> {
  const { files = { 'README.md': 'A small project\n' }, branch = 'main', objectFormat = 'sha1' } = options
  const flake = options.flake === undefined ? offlineFlake : options.flake
  await mkdir(folder, { recursive: true })
  await gitIn(folder, [
    'init',
    '--quiet',
    '--template=',
    `--initial-branch=${branch}`,
    `--object-format=${objectFormat}`,
    '.',
  ])
  await gitIn(folder, ['config', 'user.name', 'Uma User'])
  await gitIn(folder, ['config', 'user.email', 'uma@example.com'])
  await gitIn(folder, ['config', 'gc.auto', '0']) // Nothing goes on behind a test's back.
  return await commitFiles(folder, { ...files, ...(flake !== null && { 'flake.nix': flake }) }, 'Start')
}

/** A development shell that nix builds with no input and no network: what it holds is the guest's own. */
export const offlineFlake = `{
  description = "A project whose development shell needs no network";

  outputs =
    { self }:
    let
      shellFor =
        system:
        derivation {
          name = "offline-shell";
          inherit system;
          builder = "/bin/bash";
          args = [
            "-c"
            ": > $out"
          ];
          outputs = [ "out" ];
          PROJECT_SHELL = "entered";
        };
      systems = [
        "x86_64-linux"
        "aarch64-linux"
      ];
    in
    {
      devShells = builtins.listToAttrs (
        map (system: {
          name = system;
          value.default = shellFor system;
        }) systems
      );
    };
}
`

/** What `git status` says, one line a path: empty when nothing differs from HEAD. */
export const statusOf = (folder: string): Promise<string> => gitIn(folder, ['status', '--porcelain'])

/** Subjects of the commits that `revision` reaches, newest first. */
export async function subjectsOf(folder: string, revision = 'HEAD'): Promise<string[]> {
  return (await gitIn(folder, ['log', '--format=%s', revision])).split('\n')
}
