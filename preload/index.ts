import { contextBridge, ipcRenderer, webUtils } from 'electron'
import type { Bridge, NoticeName, RequestName } from './contract.ts'

/** What the page may ask and hear of: the compiler sees to it that these are all of the contract and nothing more. */
const requests: Readonly<Record<RequestName, true>> = {
  host: true,
  snapshot: true,
  history: true,
  runTask: true,
  task: true,
  landing: true,
  statement: true,
  request: true,
  forge: true,
  setForge: true,
  plan: true,
  attempts: true,
  chooseAttempt: true,
  cancelPlan: true,
  cancelTask: true,
  mergeTask: true,
  retryTask: true,
  setUpRepository: true,
  continueTask: true,
  forkTask: true,
  sendMessage: true,
  interruptTask: true,
  finishTask: true,
  cleanupTask: true,
  readConsole: true,
  openShell: true,
  readShell: true,
  writeShell: true,
  resizeShell: true,
  closeShell: true,
  openSsh: true,
  listeningPorts: true,
  openPreview: true,
  readSteps: true,
  changes: true,
  fileDiff: true,
  review: true,
  reviewDiff: true,
  reviewCommit: true,
  acceptTask: true,
  rejectTask: true,
  conflicts: true,
  openConflict: true,
  chooseConflict: true,
  finishConflicts: true,
  abandonConflicts: true,
  resolveTask: true,
  setMergePolicy: true,
  repository: true,
  setEgress: true,
  setEnvironment: true,
  addRepository: true,
  removeRepository: true,
  writeStarterFlake: true,
  diskUsage: true,
  places: true,
  checkPlace: true,
  setup: true,
  diskRoom: true,
  changeSettings: true,
  chooseFolders: true,
  openTask: true,
  setStartAtLogin: true,
  quickEntry: true,
  leaveQuickEntry: true,
  setQuickEntryKeys: true,
  installCommandLine: true,
}
const notices: Readonly<Record<NoticeName, true>> = {
  delta: true,
  goTo: true,
  quickEntryShown: true,
  notify: true,
}

const bridge: Bridge = {
  call: (name, request) =>
    Object.hasOwn(requests, name)
      ? ipcRenderer.invoke('window:call', name, request)
      : Promise.reject(new Error('There is no such call')),
  listen(name, listener) {
    if (!Object.hasOwn(notices, name)) throw new Error('There is no such notice')
    const pass = (_event: unknown, ...[told, notice]: [NoticeName?, never?]) => {
      if (told === name) listener(notice as never)
    }
    ipcRenderer.on('window:notice', pass)
    return () => void ipcRenderer.removeListener('window:notice', pass)
  },
  pathOf: (file) => webUtils.getPathForFile(file as File),
}

contextBridge.exposeInMainWorld('host', bridge)
