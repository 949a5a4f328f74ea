import type { Problem } from '../driver.ts'

/** What every guest of this host boots from; read only, one for all slots and tasks. Paths are absolute. */
export interface GuestImage {
  readonly directory: string
  /** Uncompressed. */
  readonly kernel: string
  readonly initrd: string
  /** Raw disk of the root file system, for the serial `root`. */
  readonly root: string
  /** The network's parameters are the driver's to add. */
  readonly kernelParameters: readonly string[]
  readonly claudeVersion: string
  /** Programs of the host that came with the image and are taken before the host's own. */
  readonly tools?: Readonly<Partial<Record<'vfkit' | 'socat', string>>>
  /** Such as `6.12.60`; left out where nothing depends on it. */
  readonly kernelVersion?: string
  /** Under which the guest mounts Rosetta, where it can use it. */
  readonly rosettaTag?: string
  /** Whether such a guest waits where it is told to become a template of memory, see `nix/debian/init`; left out, it does not. */
  readonly waitsAsTemplate?: boolean
  /** Over all inputs: a new key is a new image. */
  readonly key: string
}

/** Where images of one kind come from. */
export interface ImageSource {
  /** Twenty hexadecimal digits over everything that the image is made of; they name its folder. */
  key(): Promise<string>
  /**
   * The image in this folder; undefined when it is not there, or not whole any more.
   * @throws AppError('image-failed') when it is there and cannot be used.
   */
  read(directory: string, key: string): Promise<GuestImage | undefined>
  /** Makes what `read` reads, in a folder whose parent exists. @throws AppError('image-failed' | 'host-incomplete') */
  build(directory: string, onProgress: (line: string) => void, signal?: AbortSignal): Promise<void>
  /** What this host lacks to build one. */
  problems(signal?: AbortSignal): Promise<readonly Problem[]>
  /** What this host lacks to run such guests, `image` where it is there; left out where the image brings all of it along. */
  runProblems?(image: GuestImage | undefined): Promise<readonly Problem[]>
  /** How long the first build takes, as a part of a sentence. */
  readonly buildTakes: string
}
