// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice Anybody mints.
contract PlainToken is ERC20("Plain", "PLN") {
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// @notice Takes one percent of every transfer.
contract FeeToken is PlainToken {
    function _update(address from, address to, uint256 value) internal override {
        uint256 fee = from == address(0) ? 0 : value / 100;
        super._update(from, to, value - fee);
        if (fee != 0) super._update(from, address(0xfee), fee);
    }
}

/// @notice A dollar whose issuer can stop everybody, or somebody.
contract BlockingToken is PlainToken {
    bool public paused;
    mapping(address who => bool yes) public blocked;

    error Stopped(address who);

    function setPaused(bool yes) external {
        paused = yes;
    }

    function setBlocked(address who, bool yes) external {
        blocked[who] = yes;
    }

    function _update(address from, address to, uint256 value) internal override {
        require(!paused && !blocked[from] && !blocked[to], Stopped(to));
        super._update(from, to, value);
    }
}

/// @notice Calls somebody in the middle of a transfer, and remembers how that ended.
contract ReentrantToken is PlainToken {
    address public target;
    bytes public call;
    bool public attempted;
    bool public succeeded;
    bytes4 public reason;

    function onTransfer(address target_, bytes calldata call_) external {
        target = target_;
        call = call_;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (target == address(0) || attempted) return;
        attempted = true;
        bytes memory answer;
        (succeeded, answer) = target.call(call);
        reason = bytes4(answer);
    }
}
