/** What a client may call itself, so that its place in the event log is found again. */
export const clientNamePattern = /^[\w.@-]{1,64}$/

/** The event consumer that a client's name stands for, whichever door the client uses. */
export const consumerName = (client: string): string => `client:${client}`
