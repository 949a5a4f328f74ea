import type { FileHandle } from 'node:fs/promises'
import { allocateMemory } from './guest-memory.ts'
import { loadMemory } from './memory-file.ts'
import type { Template } from './template-folder.ts'

/**
 * What a restored machine has of its template. Its memory is made and filled from now on, beside the start of the helpers and of QEMU; when this
 * is let go, nothing of that goes on, and this process has the memory open no longer.
 *
 * Each machine has a copy: virtiofsd maps the memory, too, and would see nothing of pages that QEMU alone has changed.
 */
export class TemplateCopy implements AsyncDisposable {
  readonly devices: Buffer
  /** All zero at first; QEMU neither reads nor writes it before it is given the state of the devices. */
  readonly memory: Promise<FileHandle>
  /** The memory holds what the template's does. */
  readonly loaded: Promise<void>

  constructor(
    { memory: { file, saved }, devices }: Template,
    memoryMiB: number,
    parts: Parameters<typeof allocateMemory>[1],
    signal: AbortSignal,
  ) {
    this.devices = devices
    this.memory = allocateMemory(memoryMiB * 2 ** 20, parts, signal)
    this.loaded = this.memory.then((memory) => loadMemory(file, saved, memory))
    // Nothing waits for it where a helper of the machine fails to start.
    this.loaded.catch(() => undefined)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([this.loaded])
    await this.memory.then(
      (memory) => memory.close(),
      () => undefined,
    )
  }
}
