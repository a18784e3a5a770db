/** How to log in to the caller's servers. A password in the arguments of a process could be seen by everybody. */
export function loginOf({ REDIS_USERNAME, REDIS_PASSWORD }: NodeJS.ProcessEnv) {
  return { ...(REDIS_USERNAME && { username: REDIS_USERNAME }), ...(REDIS_PASSWORD && { password: REDIS_PASSWORD }) };
}
