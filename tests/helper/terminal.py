"""A real terminal: runs the command on one, types into its shell, stops a job and goes on with it."""
import os, pty, select, sys, time

pid, master = pty.fork()
if pid == 0:
    os.environ["PS1"] = "prompt> "
    os.execvp(sys.argv[1], sys.argv[1:])

said = b""


def wait_for(text):
    global said
    end = time.monotonic() + 20
    while text not in said:
        ready, _, _ = select.select([master], [], [], max(0, end - time.monotonic()))
        if not ready:
            sys.exit(f"waited in vain for {text!r} in {said!r}")
        said += os.read(master, 4096)
    print(said.decode(errors="replace"))
    said = b""


def write(text):
    os.write(master, text)


wait_for(b"prompt> ")
write(b"stty tostop; sleep 600\n")
wait_for(b"sleep 600")
time.sleep(0.2)  # the shell has handed the terminal over; a Ctrl-Z before that would be the shell's
write(b"\x1a")
wait_for(b"Stopped")
write(b"fg >/dev/null\n")
time.sleep(0.2)
write(b"\x03")
wait_for(b"prompt> ")
write(b"echo job d''one\n")
wait_for(b"job done")
write(b"exit 0\n")
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status))
