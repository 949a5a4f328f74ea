// Loaded into the app with `-r`, before it starts: keeps what the app gave to the system, where a test can ask for it. It knows
// Electron's public interface alone, so that it works in the real one too.
const { app, dialog, globalShortcut, Menu, Notification, Tray } = require('electron')

const recorded = {
  title: '',
  menu: null,
  bar: null,
  trays: [],
  notifications: [],
  answers: [],
  asked: [],
  policies: [],
  shortcuts: {},
}
globalThis.recorded = recorded

const { setTitle, setContextMenu } = Tray.prototype
Tray.prototype.setTitle = function (title, ...rest) {
  recorded.title = title
  if (!recorded.trays.includes(this)) recorded.trays.push(this)
  return setTitle.call(this, title, ...rest)
}
Tray.prototype.setContextMenu = function (menu) {
  recorded.menu = menu
  return setContextMenu.call(this, menu)
}
const { setApplicationMenu } = Menu
Menu.setApplicationMenu = (menu) => {
  recorded.bar = menu
  return setApplicationMenu(menu)
}
if (process.platform === 'darwin') {
  const { setActivationPolicy } = app
  app.setActivationPolicy = (policy) => {
    recorded.policies.push(policy)
    return setActivationPolicy.call(app, policy)
  }
}
const { register, unregister } = globalShortcut
globalShortcut.register = (keys, press) => {
  const isTaken = register.call(globalShortcut, keys, press)
  if (isTaken) recorded.shortcuts[keys] = press
  return isTaken
}
globalShortcut.unregister = (keys) => {
  delete recorded.shortcuts[keys]
  unregister.call(globalShortcut, keys)
}
const { show } = Notification.prototype
Notification.prototype.show = function () {
  recorded.notifications.push(this)
  return show.call(this)
}
for (const name of ['showOpenDialog', 'showMessageBox']) {
  const ask = dialog[name]
  dialog[name] = async (...given) => {
    recorded.asked.push(given.at(-1))
    return recorded.answers.length > 0 ? recorded.answers.shift() : await ask.apply(dialog, given)
  }
}
