use strict;
use IO::Socket::INET;

my ($host, $port, $name) = @ARGV;

sub fail {
    print STDERR "ERROR: @_\n";
    exit 1;
}

$SIG{ALRM} = sub { fail("nothing for 10 seconds") };
$SIG{PIPE} = "IGNORE";
fail("incorrect port") unless $port =~ /^\d+$/ && $port > 0 && $port < 65536;
open(my $file, "<:raw", $name) or fail("$name: $!");
alarm 10;
my $server = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port) or fail($@);

sub wait_for_command {
    alarm 10;
    my $received = "";
    until ($received eq "accio\r\n") {
        sysread($server, $received, 7 - length $received, length $received) or fail("no command");
    }
}

sub send_all {
    my $bytes = shift;
    alarm 10;
    while (length $bytes) {
        my $sent = syswrite($server, $bytes) or fail("$!");
        substr($bytes, 0, $sent) = "";
        alarm 10;
    }
}

wait_for_command();
send_all("confirm-accio\r\n");
wait_for_command();
send_all("confirm-accio-again\r\n\r\n");
while (read($file, my $data, 10000)) {
    send_all($data);
}
close $server;
