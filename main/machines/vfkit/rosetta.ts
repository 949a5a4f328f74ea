/** Major and minor version of the first kernel on which Rosetta for Linux fails before macOS 26 (apple/container#1142, lima#3592). */
const firstNewKernel = [6, 13] as const
/** Major version of the first macOS whose Rosetta for Linux runs on those kernels as well. */
const firstMacosForNewKernels = 26

/** Whether Rosetta starts in a guest with this kernel (such as `6.12.60`; undefined is not known) under this major version of macOS. Pure. */
export function rosettaRuns(kernelVersion: string | undefined, macos: number): boolean {
  if (macos >= firstMacosForNewKernels || kernelVersion === undefined) return true
  const [major = 0, minor = 0] = kernelVersion.split('.').map(Number)
  return major < firstNewKernel[0] || (major === firstNewKernel[0] && minor < firstNewKernel[1])
}
