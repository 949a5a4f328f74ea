import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type RunResult, run } from '../../../main/lib/processes/spawn.ts'
import { debianProgram } from './debian-program.ts'

/** nix of Debian trixie and every library that it loads. */
const packages = [
  ...['nix-bin', 'libc6', 'libgcc-s1', 'libstdc++6', 'zlib1g', 'libbz2-1.0', 'liblzma5', 'libzstd1', 'liblz4-1'],
  ...['libbrotli1', 'libarchive13t64', 'libacl1', 'libnettle8t64', 'libhogweed6t64', 'libgmp10', 'libxml2'],
  ...['libboost-context1.83.0', 'libcpuid17', 'libcurl3t64-gnutls', 'libnghttp2-14', 'libnghttp3-9', 'libngtcp2-16'],
  ...[
    'libngtcp2-crypto-gnutls8',
    'libidn2-0',
    'libunistring5',
    'librtmp1',
    'libssh2-1t64',
    'libpsl5t64',
    'libgnutls30t64',
  ],
  ...['libp11-kit0', 'libtasn1-6', 'libffi8', 'libgssapi-krb5-2', 'libkrb5-3', 'libk5crypto3', 'libkrb5support0'],
  ...[
    'libcom-err2',
    'libkeyutils1',
    'libldap2',
    'libsasl2-2',
    'libsqlite3-0',
    'libgc1',
    'libgit2-1.9',
    'libhttp-parser2.9',
  ],
  ...['libmbedcrypto16', 'libmbedx509-7', 'libmbedtls21', 'liblowdown2', 'libreadline8t64', 'libtinfo6', 'libseccomp2'],
  ...['libsodium23', 'libssl3t64', 'libxxhash0', 'libcrypt1'],
]

/** `given` is what its environment has beside; settings in it count after those of the file. */
export type Nix = (
  args: readonly string[],
  signal: AbortSignal,
  given?: Readonly<Record<string, string>>,
) => Promise<RunResult>

/** A nix that is installed nowhere and keeps store and state in `folder`; fetched once into the cache. */
export async function unpackedNix(folder: string, signal: AbortSignal): Promise<Nix> {
  const [program, ...before] = await debianProgram({ name: 'nix', packages }, signal)
  const settings = [
    'experimental-features = nix-command flakes',
    'substituters =',
    'flake-registry =',
    'sandbox = false',
    'build-users-group =',
  ]
  await mkdir(join(folder, 'conf'), { recursive: true })
  await writeFile(join(folder, 'conf/nix.conf'), settings.map((line) => `${line}\n`).join(''))
  const env = {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: folder,
    NIX_STORE_DIR: join(folder, 'store'),
    NIX_STATE_DIR: join(folder, 'state'),
    NIX_LOG_DIR: join(folder, 'log'),
    NIX_CONF_DIR: join(folder, 'conf'),
  }
  return (args, cancel, given) => run(program, [...before, ...args], { env: { ...env, ...given } }, cancel)
}
